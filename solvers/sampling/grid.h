#pragma once

#include <string>
#include <vector>

#include "fokker/sde/sde.h"

namespace fokker {

/// The names of the spacings of a time grid:
///   uniform:    uniform in t;
///   quadratic:  uniform in √t [zhang2023];
///   log_snr:    uniform in log(α/σ);
///   karras:     uniform in (σ/α)^{1/7} [karras2022].
std::vector<std::string> grid_names();

/// Returns steps + 1 points from t_max down to t_min; the ends are exact.  Throws ConfigError for an unknown kind,
/// steps < 1, and t_min outside (0, t_max).
std::vector<double> time_grid(const std::string& kind, const ForwardSde& sde, std::int64_t steps, double t_min);
/// Returns the Karras grid for another exponent, uniform in (σ/α)^{1/ρ}.
std::vector<double> karras_grid(const ForwardSde& sde, std::int64_t steps, double t_min, double rho);

}  // namespace fokker
