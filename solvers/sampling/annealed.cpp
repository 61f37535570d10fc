// Langevin dynamics at the noise levels of a grid: the corrector's and annealed.

#include <cmath>

#include "fokker/core/ops/elementwise.h"
#include "fokker/solvers/sampling/corrector.h"
#include "fokker/solvers/sampling/sampler.h"
#include "fokker/solvers/sampling/trajectory.h"

namespace fokker {

namespace detail {
namespace {

SequentialNoise corrector_noise(const Shard& shard) {
  return SequentialNoise(shard.config.seed, shard.shape, shard.dtype, shard.first, Stream::corrector);
}

}  // namespace

Tensor correct(const Shard& shard, std::int64_t point, const Tensor& x) {
  const CorrectorConfig& config = shard.config.corrector;
  const double snr = config.snr.value_or(0.16);
  const double before = shard.grid[static_cast<std::size_t>(point) - 1],
               t = shard.grid[static_cast<std::size_t>(point)];
  const Marginal now = shard.sde.marginal(t);
  LangevinRun run{t, corrector_step(snr, now.sigma), config.steps, (point - 1) * config.steps};
  if (config.rule != "norm") return langevin(shard.score, corrector_noise(shard), x, run);
  const double decay = shard.sde.marginal(before).alpha / now.alpha;  // the square of decay is 1 − βᵢ of a discrete VP
  run.step = 2 * decay * decay * snr * snr;
  return norm_langevin(shard.score, corrector_noise(shard), x, run);
}

Tensor run_annealed_langevin(const Shard& shard, Tensor x) {
  require<ConfigError>(shard.config.clock == "t", "[clock] annealed_langevin has no clock but \"t\", got \"{}\"",
                       *shard.config.clock);
  const SequentialNoise noise = corrector_noise(shard);
  const auto& [steps, snr, rule, epsilon] = shard.config.corrector;
  const Marginal last = shard.sde.marginal(shard.grid.back());
  Marginal before = shard.sde.marginal(shard.grid[0]);
  for (std::size_t i = 1; i < shard.grid.size(); ++i) {
    const double t = shard.grid[i];
    const auto point = static_cast<std::int64_t>(i);
    const Marginal now = shard.sde.marginal(t);
    const double ratio = before.sigma / before.alpha / (now.sigma / now.alpha);
    const double relative =
        rule == "level" ? 0.5 * *epsilon * std::pow(last.alpha / last.sigma, 2) : annealing_step(ratio, steps);
    const double step = relative * now.sigma * now.sigma;
    // In x/α the levels differ by their noise alone, as in [song2019].
    x = langevin(shard.score, noise, x * (now.alpha / before.alpha), {t, step, steps, (point - 1) * steps});
    if (shard.observe) shard.observe(point, x);
    shard.tick(point - 1);
    before = now;
  }
  return x;
}

}  // namespace detail
}  // namespace fokker
