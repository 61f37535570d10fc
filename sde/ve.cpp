#include "fokker/sde/ve.h"

#include <algorithm>
#include <cmath>

namespace fokker {

VE::VE(VEConfig config) : config_(config) {
  require<ConfigError>(config.sigma_min > 0 && config.sigma_max > config.sigma_min,
                       "[ve] expected 0 < sigma_min < sigma_max, got sigma = [{}, {}]", config.sigma_min,
                       config.sigma_max);
  log_ratio_ = std::log(config.sigma_max / config.sigma_min);
}

Marginal VE::marginal(double t) const { return {1, config_.sigma_min * std::exp(log_ratio_ * t)}; }

double VE::diffusion_rate(double t) const { return marginal(t).sigma * std::sqrt(2 * log_ratio_); }

double VE::time_of_lambda(double lambda) const {
  return std::clamp((-lambda - std::log(config_.sigma_min)) / log_ratio_, 0.0, 1.0);
}

}  // namespace fokker
