#include "fokker/solvers/sampling/trajectory.h"
#include "fokker/solvers/steppers/adaptive.h"
#include "fokker/solvers/steppers/heun.h"

namespace fokker::detail {
namespace {

constexpr double own_tolerance = 0.05;

}  // namespace

Tensor run_gotta_go_fast(const Shard& shard, Tensor x) {
  const Clock clock = fokker::clock(*shard.config.clock);
  const auto reading = [&](double t) { return to_clock(shard.sde, clock, t); };
  const auto sde = clocked_reverse(shard.sde, shard.score, clock, reverse_eta(shard.config));
  const BrownianRows path(shard.config.seed, shard.shape, reading(shard.grid.front()), reading(shard.grid.back()),
                          shard.dtype, shard.first, split_of(clock));
  const double tolerance = shard.config.tolerance > 0 ? shard.config.tolerance : own_tolerance;
  AdaptiveConfig config{.absolute = tolerance, .relative = tolerance};
  config.frames = observed_readings(shard, clock);
  config.progress = ticks_of(shard);
  const AdaptiveSolution solution =
      solve_adaptive(*sde, StochasticHeun{}, path, sde->enter(x, shard.grid.front()), config);
  for (std::size_t i = 0; i < solution.frames.size(); ++i)
    shard.observe(static_cast<std::int64_t>(i) + 1, sde->leave(solution.frames[i], shard.grid[i + 1]));
  return sde->leave(solution.x, shard.grid.back());
}

}  // namespace fokker::detail
