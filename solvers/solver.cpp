#include "fokker/solvers/solver.h"

#include <fmt/ranges.h>

#include "fokker/core/ops/elementwise.h"
#include "fokker/solvers/registry.h"

namespace fokker {

void require_fit(const Solver& solver, const Sde& sde) {
  if (sde.noise() != Noise::diagonal || solver.claims().strong_diagonal > 0) return;
  std::vector<std::string> fitting;
  for (const auto& name : stepper_names())
    if (make_solver(name)->claims().strong_diagonal > 0) fitting.push_back(name);
  throw ConfigError(fmt::format("[{}] expected additive noise, got {}, whose noise is {}; solvers that fit: {}",
                                solver.name(), sde.name(), to_string(sde.noise()), fmt::join(fitting, ", ")));
}

Tensor solve(const Sde& sde, const Solver& solver, const BrownianMotion& noise, Tensor x,
             std::span<const double> grid) {
  require_fit(solver, sde);
  const bool with_area = solver.claims().uses_area;
  for (std::size_t i = 0; i + 1 < grid.size(); ++i) {
    BrownianIncrement b;
    if (sde.noise() != Noise::none) b = noise.increment(static_cast<std::int64_t>(i), grid[i], grid[i + 1], with_area);
    x = solver.step(sde, b, x, grid[i], grid[i + 1]);
  }
  return x;
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
namespace {

/// Up to three more terms on top of `x` at a pass.
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

Tensor advance(const Tensor& x, std::span<const DriftTerm> drifts, std::span<const NoiseTerm> noises,
               const BrownianIncrement& b) {
  Sum sum(x);
  for (const auto& [weight, f] : drifts) sum.add(weight, f);
  double scalar_w = 0, scalar_h = 0;
  for (const auto& [g, w, h] : noises) {
    if (g.size() == 1) {
      scalar_w += g.item() * w;
      scalar_h += g.item() * h;
    } else {
      if (w != 0) sum.add(w, g * b.w);
      if (h != 0) sum.add(h, g * b.h);
    }
  }
  sum.add(scalar_w, b.w);
  sum.add(scalar_h, b.h);
  return std::move(sum).total();
}

}  // namespace detail
}  // namespace fokker
