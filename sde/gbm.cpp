#include "fokker/sde/gbm.h"

#include <cmath>

#include "fokker/core/ops/elementwise.h"

namespace fokker {

Tensor GeometricBrownianMotion::drift(const Tensor& x, double) const { return x * mu_; }
Tensor GeometricBrownianMotion::diffusion(const Tensor& x, double) const { return x * sigma_; }

Moments GeometricBrownianMotion::moments(double x0, double t) const {
  const double mean = x0 * std::exp(mu_ * t);
  return {mean, mean * mean * std::expm1(sigma_ * sigma_ * t)};
}

Tensor GeometricBrownianMotion::exact(const Tensor& x0, const Tensor& b, double t) const {
  return x0 * exp(b * sigma_ + (mu_ - 0.5 * sigma_ * sigma_) * t);
}

}  // namespace fokker
