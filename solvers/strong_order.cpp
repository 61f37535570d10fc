#include "fokker/solvers/strong_order.h"

#include <algorithm>
#include <cmath>

#include "fokker/core/parallel.h"
#include "fokker/solvers/progress_meter.h"

namespace fokker {
namespace {

constexpr std::int64_t paths_of_shard = 250;
constexpr int replicas = 200;  // of the bootstrap

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

/// How often each replica draws each path; the first takes every one once.
std::vector<std::vector<int>> resampled(std::int64_t paths, std::uint64_t seed) {
  const Rng rng(seed, Stream::metric);
  const auto n = static_cast<std::uint64_t>(paths);
  std::vector<std::vector<int>> counts(replicas + 1, std::vector<int>(n, 0));
  counts[0].assign(n, 1);
  for (std::uint64_t r = 1; r <= replicas; ++r)
    for (std::uint64_t i = 0; i < n; ++i) ++counts[r][rng.index(r * n + i, n)];
  return counts;
}

MeasuredOrder order(const Squares& squares, int levels, const std::vector<std::vector<int>>& counts) {
  std::vector<double> slopes;
  for (const auto& count : counts) {
    std::vector<double> errors(static_cast<std::size_t>(levels), 0);
    for (std::size_t level = 0; level < errors.size(); ++level) {
      for (std::size_t i = 0; i < count.size(); ++i) errors[level] += count[i] * squares[level * count.size() + i];
      errors[level] = std::sqrt(errors[level] / static_cast<double>(count.size()));
    }
    slopes.push_back(detail::order_of(errors));
  }
  double variance = 0;
  for (const double slope : slopes) variance += std::pow(slope - slopes[0], 2) / replicas;
  return {slopes[0], 1.96 * std::sqrt(variance)};
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
  parallel((config.paths + paths_of_shard - 1) / paths_of_shard, [&](std::int64_t shard) {
    const std::int64_t first = shard * paths_of_shard, n = std::min(paths_of_shard, config.paths - first);
    measurement.shard(first, n, squares);
    meter.add(n);
  });
  const auto counts = resampled(config.paths, config.seed);
  std::vector<MeasuredOrder> orders;
  for (const Squares& own : squares) orders.push_back(order(own, config.levels, counts));
  return orders;
}

MeasuredOrder measured_strong_order(const Solver& solver, const OrderProblem& problem,
                                    const StrongOrderConfig& config) {
  const Solver* const one = &solver;
  return measured_strong_orders({&one, 1}, problem, config).front();
}

}  // namespace fokker
