#include "fokker/solvers/steppers/solver.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "fokker/core/ops/autodiff.h"
#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/reduce.h"
#include "fokker/core/ops/rows.h"
#include "fokker/core/ops/view.h"

namespace fokker {

double SolverClaims::strong(Noise noise) const {
  if (noise == Noise::general) return strong_general;
  return noise == Noise::diagonal || noise == Noise::scalar ? strong_diagonal : strong_additive;
}

std::optional<EstimatedStep> Solver::estimated_step(const Sde&, const BrownianIncrement&, const Tensor&, double,
                                                    double) const {
  return std::nullopt;
}

std::optional<EstimatedStep> EmbeddedSolver::estimated_step(const Sde& sde, const BrownianIncrement& b, const Tensor& x,
                                                            double t0, double t1) const {
  Tensor lower, higher = stages(sde, b, x, {t0, t1}, &lower);
  Tensor error = higher - lower;
  return EstimatedStep{std::move(higher), std::move(error)};
}

bool fits(const SolverClaims& claims, const Sde& sde) {
  if (sde.noise() == Noise::none || sde.noise() == Noise::additive) return true;
  const bool calculus = sde.calculus() == Calculus::ito ? claims.ito : claims.stratonovich;
  return calculus && claims.strong(sde.noise()) > 0;
}

void require_fit(const Solver& solver, const Sde& sde) {
  if (fits(solver.claims(), sde)) return;
  std::vector<std::string> fitting;
  for (const auto& name : stepper_names())
    if (fits(make_solver(name)->claims(), sde)) fitting.push_back(name);
  throw ConfigError(
      fmt::format("[{}] does not solve {}, whose noise is {} in the sense of {}; solvers that fit: {}{}", solver.name(),
                  sde.name(), to_string(sde.noise()), to_string(sde.calculus()), fmt::join(fitting, ", "),
                  solver.claims().strong(sde.noise()) > 0 ? "; or convert it by to_ito or to_stratonovich" : ""));
}

Tensor solve(const Sde& sde, const Solver& solver, const BrownianMotion& noise, Tensor x,
             std::span<const double> grid) {
  const detail::Course course{sde, solver, noise, grid};
  course.check(x);
  Tensor end = course.march(x);
  course.require_finite(x, end);
  return end;
}

std::vector<Tensor> solve_path(const Sde& sde, const Solver& solver, const BrownianMotion& noise, const Tensor& x,
                               std::span<const double> grid) {
  const detail::Course course{sde, solver, noise, grid};
  course.check(x);
  std::vector<Tensor> states = {x};
  course.march(x, [&](std::size_t, const SolverState& at) { states.push_back(at.x); });
  course.require_finite(x, states.back());
  return states;
}

std::vector<double> uniform_points(double begin, double end, std::int64_t steps) {
  require<ConfigError>(steps > 0, "[grid] expected at least one step, got {}", steps);
  std::vector<double> points(static_cast<std::size_t>(steps) + 1);
  for (std::int64_t i = 0; i <= steps; ++i)
    points[static_cast<std::size_t>(i)] =
        i == steps ? end : begin + (end - begin) * (static_cast<double>(i) / static_cast<double>(steps));
  return points;
}

namespace detail {

void require_grid(std::span<const double> grid) {
  require<ConfigError>(grid.size() > 1, "[solve] expected a grid of at least two points, got {}", grid.size());
  for (std::size_t i = 0; i + 1 < grid.size(); ++i)
    require<ConfigError>((grid[i + 1] > grid[i]) == (grid[1] > grid[0]) && grid[i + 1] != grid[i] &&
                             std::isfinite(grid[i] + grid[i + 1]),
                         "[solve] expected a strictly monotone grid, got {} after {} at point {}", grid[i + 1], grid[i],
                         i + 1);
}

std::vector<std::size_t> frame_points(std::span<const double> grid, std::span<const double> frames) {
  if (frames.empty()) return {grid.size() - 1};
  const double tolerance = 1e-9 * std::abs(grid.back() - grid.front());
  std::vector<std::size_t> points;
  for (const double t : frames) {
    std::size_t i = points.empty() ? 0 : points.back() + 1;
    while (i < grid.size() && !(std::abs(grid[i] - t) <= tolerance)) ++i;
    require<ConfigError>(i < grid.size(), "[solve] expected frames among the points of the grid, in its order, got {}",
                         t);
    points.push_back(i);
  }
  return points;
}

void Course::check(const Tensor& x) const {
  require_fit(solver, sde);
  require_grid(grid);
  require<ShapeError>(x.rank() > 0, "[solve] expected a state [B, ...], got a scalar");
}

BrownianIncrement Course::increment(std::size_t i, const Shape& x) const {
  if (sde.noise() == Noise::none) return {};
  BrownianIncrement b = noise.increment(static_cast<std::int64_t>(i), grid[i], grid[i + 1], solver.claims().areas);
  const Shape driving = sde.noise_shape(x);
  require<ShapeError>(b.w.shape() == driving, "[solve] expected noise of shape {} for {} with {} noise, got {}",
                      driving, sde.name(), to_string(sde.noise()), b.w.shape());
  return b;
}

Tensor Course::march(const Tensor& x, const std::function<void(std::size_t i, const SolverState& at)>& watch) const {
  SolverState state{x};
  for (std::size_t i = 0; i < steps(); ++i) {
    advance(state, increment(i, x.shape()), i);
    if (watch) watch(i, state);
  }
  return state.x;
}

void Course::require_finite(const Tensor& x, const Tensor& end) const {
  if (x.size() == 0 || first_not_finite(end) < 0) return;
  // The steps are taken once more, since the noise repeats, to find where a value stopped being finite.
  const NoGrad off_tape;
  march(x.detach(), [&](std::size_t i, const SolverState& at) {
    const std::int64_t sample = first_not_finite(at.x);
    require<NumericalError>(sample < 0, "[{}] sample {} of {} is not finite after step {} of {}, from t = {} to {}; {}",
                            solver.name(), first_sample + sample, sde.name(), i + 1, steps(), grid[i], grid[i + 1],
                            solver.remedy());
  });
}

std::int64_t first_not_finite(const Tensor& x) {
  return visit(x.dtype(), [&]<class T>(T) -> std::int64_t {
    const auto values = x.data<T>();
    const auto found = std::ranges::find_if(values, [](T value) { return !std::isfinite(value); });
    return found == values.end() ? -1 : (found - values.begin()) / row_size(x);
  });
}

namespace {

/// Adds up to three more terms to `x` in one pass.
class Sum {
 public:
  explicit Sum(const Tensor& x) : total_(x) {}
  void add(double weight, const Tensor& x) {
    if (weight == 0) return;
    if (pending_) {
      total_ = weighted_sum({{1, total_}, {weight_, term_}, {weight, x}});
      pending_ = false;
    } else {
      term_ = x, weight_ = weight, pending_ = true;
    }
  }
  Tensor total() && { return pending_ ? weighted_sum({{1, total_}, {weight_, term_}}) : std::move(total_); }

 private:
  Tensor total_, term_;
  double weight_ = 0;
  bool pending_ = false;
};

}  // namespace

Tensor times(const Tensor& g, const Tensor& b) {
  if (g.rank() == 0 || g.rank() == b.rank()) return g * b;
  require<ShapeError>(b.rank() == 2 && g.rank() == 3 && g.extent(2) == b.extent(1),
                      "[solve] expected a diffusion [B, D, {}] of general noise, got {}",
                      b.size() / std::max<std::int64_t>(1, b.extent(0)), g.shape());
  return sum(g * reshape(b, {b.extent(0), 1, b.extent(1)}), {2});
}

Tensor advance(const Tensor& x, std::span<const DriftTerm> drifts, std::span<const NoiseTerm> noises,
               const BrownianIncrement& b) {
  Sum sum(x);
  for (const auto& [weight, f] : drifts) sum.add(weight, f);
  double scalar_w = 0, scalar_h = 0;
  for (const auto& [g, w, h] : noises) {
    if (g.rank() == 0 && !g.tracked()) {
      scalar_w += g.item() * w;
      scalar_h += g.item() * h;
    } else {
      if (w != 0) sum.add(w, times(g, b.w));
      if (h != 0) sum.add(h, times(g, b.h));
    }
  }
  sum.add(scalar_w, b.w);
  sum.add(scalar_h, b.h);
  return std::move(sum).total();
}

}  // namespace detail
}  // namespace fokker
