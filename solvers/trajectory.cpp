#include "fokker/solvers/trajectory.h"

#include "fokker/core/ops/elementwise.h"
#include "fokker/solvers/langevin.h"
#include "fokker/solvers/ode.h"

namespace fokker::detail {
namespace {

using Corrector = std::function<Tensor(std::int64_t point, const Tensor& x)>;

/// The loop of all steppers: state by state along the grid, in the configuration's clock.
Tensor march(const Shard& shard, const Solver& solver, double eta, Tensor x, const Corrector& corrector = {}) {
  const Clock clock = fokker::clock(shard.config.clock);
  const auto sde = clocked_reverse(shard.sde, shard.score, clock, eta);
  require_fit(solver, *sde);
  const SequentialNoise noise(shard.config.seed, shard.shape, shard.dtype, shard.first);
  const bool noisy = sde->noise() != Noise::none;
  const int areas = solver.claims().areas;
  Tensor state = sde->enter(x, shard.grid[0]);
  for (std::size_t i = 0; i + 1 < shard.grid.size(); ++i) {
    const auto step = static_cast<std::int64_t>(i);
    const double t1 = shard.grid[i + 1];
    const double from = to_clock(shard.sde, clock, shard.grid[i]), to = to_clock(shard.sde, clock, t1);
    const BrownianIncrement b = noisy ? noise.increment(step, from, to, areas) : BrownianIncrement{};
    state = solver.step(*sde, b, state, from, to);
    if (corrector) state = sde->enter(corrector(step + 1, sde->leave(state, t1)), t1);
    if (shard.observe) shard.observe(step + 1, sde->leave(state, t1));
    shard.tick(step);
  }
  return sde->leave(state, shard.grid.back());
}

SequentialNoise corrector_noise(const Shard& shard) {
  return SequentialNoise(shard.config.seed, shard.shape, shard.dtype, shard.first, Stream::corrector);
}

}  // namespace

Tensor run_steps(const Shard& shard, Tensor x) {
  return march(shard, *make_solver(shard.config.solver), shard.config.eta, std::move(x));
}

Tensor run_heun(const Shard& shard, Tensor x) { return march(shard, *make_solver("stochastic_heun"), 0, std::move(x)); }

Tensor run_predictor_corrector(const Shard& shard, Tensor x) {
  const SequentialNoise noise = corrector_noise(shard);
  const auto [steps, snr] = shard.config.corrector;
  const auto corrector = [&, steps = steps, snr = snr](std::int64_t point, const Tensor& at) {
    const double t = shard.grid[static_cast<std::size_t>(point)];
    const double step = corrector_step(snr, shard.sde.marginal(t).sigma);
    return langevin(shard.score, noise, at, {t, step, steps, (point - 1) * steps});
  };
  return march(shard, *make_solver("euler_maruyama"), shard.config.eta, std::move(x), corrector);
}

Tensor run_annealed_langevin(const Shard& shard, Tensor x) {
  require<ConfigError>(shard.config.clock == "t", "[clock] annealed_langevin has no clock but \"t\", got \"{}\"",
                       shard.config.clock);
  const SequentialNoise noise = corrector_noise(shard);
  const int steps = shard.config.corrector.steps;
  Marginal before = shard.sde.marginal(shard.grid[0]);
  for (std::size_t i = 1; i < shard.grid.size(); ++i) {
    const double t = shard.grid[i];
    const auto point = static_cast<std::int64_t>(i);
    const Marginal now = shard.sde.marginal(t);
    const double ratio = before.sigma / before.alpha / (now.sigma / now.alpha);
    const double step = annealing_step(ratio, steps) * now.sigma * now.sigma;
    // In x/α the levels differ by their noise alone, as in [song2019].
    x = langevin(shard.score, noise, x * (now.alpha / before.alpha), {t, step, steps, (point - 1) * steps});
    if (shard.observe) shard.observe(point, x);
    shard.tick(point - 1);
    before = now;
  }
  return x;
}

Tensor run_probability_flow(const Shard& shard, Tensor x) {
  const Clock clock = fokker::clock(shard.config.clock);
  const auto sde = clocked_reverse(shard.sde, shard.score, clock, 0);
  OdeConfig config{.absolute = shard.config.tolerance, .relative = shard.config.tolerance};
  if (shard.observe)
    for (const double t : shard.grid.subspan(1)) config.frames.push_back(to_clock(shard.sde, clock, t));
  const auto steps = static_cast<std::int64_t>(shard.grid.size()) - 1;
  std::int64_t ticked = 0;
  config.progress = [&](double fraction) {
    while (static_cast<double>(ticked) < fraction * static_cast<double>(steps)) shard.tick(ticked++);
  };
  OdeSolution solution =
      dopri5([&](const Tensor& at, double reading) { return sde->drift(at, reading); }, x,
             to_clock(shard.sde, clock, shard.grid.front()), to_clock(shard.sde, clock, shard.grid.back()), config);
  for (std::size_t i = 0; i < solution.frames.size(); ++i)
    shard.observe(static_cast<std::int64_t>(i) + 1, solution.frames[i]);
  return std::move(solution.x);
}

}  // namespace fokker::detail
