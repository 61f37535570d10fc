#include "fokker/solvers/orders/strong_order.h"

#include <algorithm>
#include <cmath>

#include "fokker/core/base/parallel.h"
#include "fokker/solvers/support/progress_meter.h"

namespace fokker {
namespace {

constexpr std::int64_t paths_of_shard = 250;

/// The increments of one grid, drawn once for all solvers.
class Recorded final : public BrownianMotion {
 public:
  void add(BrownianIncrement b) { increments_.push_back(std::move(b)); }
  BrownianIncrement increment(std::int64_t step, double, double, int) const override {
    return increments_[static_cast<std::size_t>(step)];
  }

 private:
  std::vector<BrownianIncrement> increments_;
};

/// Squared errors, [levels, paths].
using Squares = std::vector<double>;

struct Measurement {
  std::span<const Solver* const> solvers;
  const OrderProblem& problem;
  const StrongOrderConfig& config;

  Recorded record(const BrownianPath& path, std::span<const double> grid, int level, const Shape& shape,
                  std::int64_t first) const;
  void shard(std::int64_t first, std::int64_t n, std::span<Squares> squares) const;
};

Recorded Measurement::record(const BrownianPath& path, std::span<const double> grid, int level, const Shape& shape,
                             std::int64_t first) const {
  int areas = 0;
  for (const Solver* solver : solvers) areas = std::max(areas, solver->claims().areas);
  const SequentialNoise other(config.seed + 1 + static_cast<std::uint64_t>(level), shape, Dtype::f64, first);
  Recorded recorded;
  for (std::size_t i = 0; i + 1 < grid.size(); ++i) {
    const auto step = static_cast<std::int64_t>(i);
    const BrownianIncrement b = path.increment(step, grid[i], grid[i + 1], areas);
    recorded.add(config.spoil ? config.spoil(b, other.increment(step, grid[i], grid[i + 1], areas)) : b);
  }
  return recorded;
}

/// The squared errors of paths first … first + n − 1, which no other shard writes.
void Measurement::shard(std::int64_t first, std::int64_t n, std::span<Squares> squares) const {
  const BrownianPath path = problem.path(config.seed, n, first);
  const Tensor x0 = problem.initial(n), exact = problem.solution(path, x0);
  const Shape noise = problem.sde->noise_shape(x0.shape());
  const std::int64_t dimension = x0.extent(1);
  for (int level = 0; level < config.levels; ++level) {
    const auto grid = uniform_points(problem.begin, problem.end, std::int64_t{1} << (problem.coarsest + level));
    const Recorded recorded = record(path, grid, level, noise, first);
    for (std::size_t s = 0; s < solvers.size(); ++s) {
      const Tensor x = solve(*problem.sde, *solvers[s], recorded, x0, grid);
      for (std::int64_t i = 0; i < n; ++i) {
        double& square = squares[s][static_cast<std::size_t>(level * config.paths + first + i)];
        for (std::int64_t d = i * dimension; d < (i + 1) * dimension; ++d) square += std::pow(x.at(d) - exact.at(d), 2);
      }
    }
  }
}

}  // namespace

std::vector<MeasuredOrder> measured_strong_orders(std::span<const Solver* const> solvers, const OrderProblem& problem,
                                                  const StrongOrderConfig& config) {
  require<ConfigError>(config.paths >= 30 && config.levels > 1,
                       "[orders] expected at least 30 paths, for an interval, and two levels, got {} and {}",
                       config.paths, config.levels);
  for (const Solver* solver : solvers) require_fit(*solver, *problem.sde);
  std::vector<Squares> squares(solvers.size(), Squares(static_cast<std::size_t>(config.levels * config.paths), 0));
  const Measurement measurement{solvers, problem, config};
  detail::ProgressMeter meter(config.progress, config.paths);
  for_shards(config.paths, paths_of_shard, [&](const RowRange& range) {
    measurement.shard(range.first, range.count, squares);
    meter.add(range.count);
  });
  const detail::Bootstrap bootstrap(config.paths, config.seed);
  std::vector<MeasuredOrder> orders;
  for (const Squares& own : squares) orders.push_back(bootstrap.order(own));
  return orders;
}

MeasuredOrder measured_strong_order(const Solver& solver, const OrderProblem& problem,
                                    const StrongOrderConfig& config) {
  const Solver* const one = &solver;
  return measured_strong_orders({&one, 1}, problem, config).front();
}

}  // namespace fokker
