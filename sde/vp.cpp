#include "fokker/sde/vp.h"

#include <cmath>

namespace fokker {

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

}  // namespace fokker
