#include "fokker/sde/edm.h"

#include <algorithm>
#include <cmath>

namespace fokker {

EDM::EDM(EDMConfig config) : config_(config) {
  require<ConfigError>(config.sigma_min > 0 && config.sigma_max > config.sigma_min,
                       "[edm] expected 0 < sigma_min < sigma_max, got sigma = [{}, {}]", config.sigma_min,
                       config.sigma_max);
}

double EDM::diffusion_rate(double t) const { return std::sqrt(2 * t); }

double EDM::label(double t) const {
  return std::log(t / config_.sigma_min) / std::log(config_.sigma_max / config_.sigma_min);
}

double EDM::time_of_label(double label) const {
  return config_.sigma_min * std::pow(config_.sigma_max / config_.sigma_min, label);
}

double EDM::time_of_lambda(double lambda) const { return std::min(std::exp(-lambda), config_.sigma_max); }

}  // namespace fokker
