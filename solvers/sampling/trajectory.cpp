#include "fokker/solvers/sampling/trajectory.h"

#include "fokker/core/ops/elementwise.h"
#include "fokker/solvers/ode/ode.h"

namespace fokker::detail {
namespace {

using Corrector = std::function<Tensor(std::int64_t point, const Tensor& x)>;

/// The loop of all steppers: state by state along the grid, in the configuration's clock.
Tensor march(const Shard& shard, const Solver& solver, double eta, Tensor x, const Corrector& corrector = {}) {
  const Clock clock = fokker::clock(*shard.config.clock);
  const auto sde = clocked_reverse(shard.sde, shard.score, clock, eta);
  require_fit(solver, *sde);
  const auto reading = [&](std::size_t point) { return to_clock(shard.sde, clock, shard.grid[point]); };
  const auto noise = brownian(shard, reading(0), reading(shard.grid.size() - 1), split_of(clock));
  const bool noisy = sde->noise() != Noise::none;
  const int areas = solver.claims().areas;
  Tensor state = sde->enter(x, shard.grid[0]);
  for (std::size_t i = 0; i + 1 < shard.grid.size(); ++i) {
    const auto step = static_cast<std::int64_t>(i);
    const double t1 = shard.grid[i + 1];
    const double from = reading(i), to = reading(i + 1);
    const BrownianIncrement b = noisy ? noise->increment(step, from, to, areas) : BrownianIncrement{};
    state = solver.step(*sde, b, state, from, to);
    if (corrector) state = sde->enter(corrector(step + 1, sde->leave(state, t1)), t1);
    if (shard.observe) shard.observe(step + 1, sde->leave(state, t1));
    shard.tick(step);
  }
  return sde->leave(state, shard.grid.back());
}

}  // namespace

std::shared_ptr<const BrownianMotion> brownian(const Shard& shard, double begin, double end,
                                               BrownianPath::Split split) {
  if (shard.noise) return shard.noise;
  const std::uint64_t seed = shard.config.seed;
  if (shard.config.same_path)
    return std::make_shared<BrownianPath>(seed, shard.shape, begin, end, shard.dtype, shard.first, split);
  return std::make_shared<SequentialNoise>(seed, shard.shape, shard.dtype, shard.first);
}

BrownianPath::Split split_of(Clock clock) {
  return clock == Clock::snr ? BrownianPath::Split::geometric : BrownianPath::Split::arithmetic;
}

std::vector<double> observed_readings(const Shard& shard, Clock clock) {
  std::vector<double> readings;
  if (shard.observe)
    for (const double t : shard.grid.subspan(1)) readings.push_back(to_clock(shard.sde, clock, t));
  return readings;
}

std::function<void(double fraction)> ticks_of(const Shard& shard) {
  const auto steps = static_cast<std::int64_t>(shard.grid.size()) - 1;
  return [&shard, steps, ticked = std::int64_t{0}](double fraction) mutable {
    while (static_cast<double>(ticked) < fraction * static_cast<double>(steps)) shard.tick(ticked++);
  };
}

Tensor run_steps(const Shard& shard, Tensor x) {
  return march(shard, *make_solver(shard.config.solver), reverse_eta(shard.config), std::move(x));
}

Tensor run_heun(const Shard& shard, Tensor x) { return march(shard, *make_solver("stochastic_heun"), 0, std::move(x)); }

Tensor run_predictor_corrector(const Shard& shard, Tensor x) {
  const auto corrector = [&](std::int64_t point, const Tensor& at) { return correct(shard, point, at); };
  return march(shard, *make_solver("euler_maruyama"), reverse_eta(shard.config), std::move(x), corrector);
}

Tensor run_probability_flow(const Shard& shard, Tensor x) {
  const Clock clock = fokker::clock(*shard.config.clock);
  const auto sde = clocked_reverse(shard.sde, shard.score, clock, 0);
  const double tolerance = shard.config.tolerance > 0 ? shard.config.tolerance : 1e-5;
  OdeConfig config{.absolute = tolerance, .relative = tolerance};
  config.frames = observed_readings(shard, clock);
  config.progress = ticks_of(shard);
  OdeSolution solution =
      dopri5([&](const Tensor& at, double reading) { return sde->drift(at, reading); }, x,
             to_clock(shard.sde, clock, shard.grid.front()), to_clock(shard.sde, clock, shard.grid.back()), config);
  for (std::size_t i = 0; i < solution.frames.size(); ++i)
    shard.observe(static_cast<std::int64_t>(i) + 1, solution.frames[i]);
  return std::move(solution.x);
}

}  // namespace fokker::detail
