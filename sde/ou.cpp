#include "fokker/sde/ou.h"

#include <cmath>

#include "fokker/core/ops/elementwise.h"

namespace fokker {

Tensor OrnsteinUhlenbeck::drift(const Tensor& x, double) const { return x * -theta_; }
Tensor OrnsteinUhlenbeck::diffusion(const Tensor& x, double) const { return Tensor::scalar(sigma_, x.dtype()); }

Moments OrnsteinUhlenbeck::moments(double x0, double t) const {
  return {x0 * std::exp(-theta_ * t), -sigma_ * sigma_ * std::expm1(-2 * theta_ * t) / (2 * theta_)};
}

}  // namespace fokker
