#include "fokker/sde/double_well.h"

#include <cmath>

#include "fokker/core/ops/elementwise.h"

namespace fokker {

Tensor DoubleWell::drift(const Tensor& x, double) const { return x * (1.0 - square(x)); }

Tensor DoubleWell::diffusion(const Tensor& x, double t) const {
  return Tensor::scalar(sigma_ * std::exp(-kappa_ * t), x.dtype());
}

double DoubleWell::stationary_moment(int power) const {
  // The trapezoidal rule converges exponentially on a density that vanishes at both ends.
  double total = 0, moment = 0;
  for (double x = -8; x <= 8; x += 1.0 / 512) {
    const double density = std::exp(-2 * (0.25 * x * x * x * x - 0.5 * x * x) / (sigma_ * sigma_));
    total += density;
    moment += density * std::pow(x, power);
  }
  return moment / total;
}

}  // namespace fokker
