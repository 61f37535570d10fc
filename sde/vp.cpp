#include "fokker/sde/vp.h"

#include <algorithm>
#include <cmath>

namespace fokker {

double VPConfig::time(double b) const {
  const double root = std::sqrt(beta_min * beta_min + 2 * b * (beta_max - beta_min));
  return std::min(1.0, 2 * b / (beta_min + root));
}

VP::VP(VPConfig config) : config_(config) {
  require<ConfigError>(config.beta_min > 0 && config.beta_max >= config.beta_min,
                       "[vp] expected 0 < beta_min <= beta_max, got beta = [{}, {}]", config.beta_min, config.beta_max);
}

Marginal VP::marginal(double t) const {
  const double b = config_.integral(t);
  return {std::exp(-0.5 * b), std::sqrt(-std::expm1(-b))};
}

double VP::drift_rate(double t) const { return -0.5 * config_.beta(t); }
double VP::diffusion_rate(double t) const { return std::sqrt(config_.beta(t)); }

double VP::time_of_lambda(double lambda) const { return config_.time(std::log1p(std::exp(-2 * lambda))); }

}  // namespace fokker
