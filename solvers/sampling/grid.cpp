#include "fokker/solvers/sampling/grid.h"

#include <fmt/ranges.h>

#include <cmath>

#include "fokker/core/base/names.h"
#include "fokker/solvers/steppers/solver.h"

namespace fokker {
namespace {

/// Points uniform in a variable between its values at t_max and t_min; `time` maps the variable back.
template <class Time>
std::vector<double> spaced(const ForwardSde& sde, std::int64_t steps, double t_min, double begin, double end,
                           Time time) {
  std::vector<double> points = uniform_points(begin, end, steps);
  for (double& p : points) p = time(p);
  points.front() = sde.t_max();
  points.back() = t_min;
  return points;
}

void check(const ForwardSde& sde, double t_min) {
  require<ConfigError>(t_min > 0 && t_min < sde.t_max(), "[grid] expected t_min in (0, {}), got {}", sde.t_max(),
                       t_min);
}

}  // namespace

std::vector<std::string> grid_names() { return {"uniform", "quadratic", "log_snr", "karras"}; }

std::vector<double> karras_grid(const ForwardSde& sde, std::int64_t steps, double t_min, double rho) {
  check(sde, t_min);
  require<ConfigError>(rho > 0, "[grid] expected rho > 0, got {}", rho);
  const double first = std::exp(-sde.marginal(sde.t_max()).lambda() / rho);
  const double last = std::exp(-sde.marginal(t_min).lambda() / rho);
  return spaced(sde, steps, t_min, first, last, [&](double u) { return sde.time_of_lambda(-rho * std::log(u)); });
}

std::vector<double> time_grid(const std::string& kind, const ForwardSde& sde, std::int64_t steps, double t_min) {
  check(sde, t_min);
  if (kind == "uniform") return uniform_points(sde.t_max(), t_min, steps);
  if (kind == "quadratic")
    return spaced(sde, steps, t_min, std::sqrt(sde.t_max()), std::sqrt(t_min), [](double root) { return root * root; });
  if (kind == "karras") return karras_grid(sde, steps, t_min, 7);
  if (kind != "log_snr") throw ConfigError("[grid] " + unknown_name(kind, grid_names()));
  return spaced(sde, steps, t_min, sde.marginal(sde.t_max()).lambda(), sde.marginal(t_min).lambda(),
                [&](double lambda) { return sde.time_of_lambda(lambda); });
}

}  // namespace fokker
