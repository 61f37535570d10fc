#include "fokker/sde/sub_vp.h"

#include <cmath>

namespace fokker {

SubVP::SubVP(VPConfig config) : config_(config) {
  require<ConfigError>(config.beta_min > 0 && config.beta_max >= config.beta_min,
                       "[sub_vp] expected 0 < beta_min <= beta_max, got beta = [{}, {}]", config.beta_min,
                       config.beta_max);
}

Marginal SubVP::marginal(double t) const {
  const double b = config_.integral(t);
  return {std::exp(-0.5 * b), -std::expm1(-b)};
}

double SubVP::drift_rate(double t) const { return -0.5 * config_.beta(t); }

double SubVP::diffusion_rate(double t) const {
  return std::sqrt(-config_.beta(t) * std::expm1(-2 * config_.integral(t)));
}

double SubVP::time_of_lambda(double lambda) const {
  // σ/α = 2 sinh(½∫β)
  return config_.time(2 * std::asinh(0.5 * std::exp(-lambda)));
}

}  // namespace fokker
