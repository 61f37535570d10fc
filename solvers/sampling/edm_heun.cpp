// Heun's method in σ with fresh noise on the way: EDM's stochastic sampler [karras2022] and Restart [xu2023].

#include <algorithm>
#include <cmath>

#include "fokker/core/ops/elementwise.h"
#include "fokker/solvers/sampling/exponential.h"
#include "fokker/solvers/sampling/grid.h"

namespace fokker::detail {
namespace {

/// A step of the probability flow dy/ds = (y − D)/s from level a to b.
Tensor heun_step(const Passage& passage, const Tensor& y, const Level& a, const Level& b) {
  const auto slope = [&](const Tensor& at, const Level& level) {
    return weighted_sum({{1 / level.s, at}, {-1 / level.s, passage.denoised(at, level)}});
  };
  const double h = b.s - a.s;
  const Tensor d = slope(y, a);
  return weighted_sum({{1, y}, {0.5 * h, d}, {0.5 * h, slope(weighted_sum({{1, y}, {h, d}}), b)}});
}

Tensor add_noise(const Shard& shard, const Tensor& y, std::int64_t number, double deviation) {
  const Rng rng(shard.config.seed, Stream::corrector, static_cast<std::uint32_t>(number));
  return weighted_sum(
      {{1, y}, {deviation, rng.normal(shard.shape, shard.dtype, first_element(shard.shape, shard.first))}});
}

}  // namespace

Tensor run_edm_heun(const Shard& shard, Tensor x) {
  const Passage passage(shard);
  const ChurnConfig& churn = shard.config.churn;
  const double most = std::min(churn.amount / static_cast<double>(passage.steps()), std::sqrt(2.0) - 1);
  Tensor y = passage.enter(x);
  for (std::int64_t i = 0; i < passage.steps(); ++i) {
    Level a = passage.level(i);
    // Noise beyond the prior's has no time, so that the churn ends there.
    const double raised = std::min(a.s * (1 + most), passage.first().s);
    if (raised > a.s && churn.low <= a.s && a.s <= churn.high) {
      y = add_noise(shard, y, i, churn.noise * std::sqrt((raised - a.s) * (raised + a.s)));
      a = passage.at_lambda(-std::log(raised));
    }
    y = heun_step(passage, y, a, passage.level(i + 1));
    passage.arrive(i, y);
  }
  return passage.leave(y);
}

Tensor run_restart(const Shard& shard, Tensor x) {
  const Passage passage(shard);
  const RestartConfig& restart = shard.config.restart;
  require<ConfigError>(restart.low > passage.last().s && restart.high < passage.first().s,
                       "[restart] expected {} < low < high < {}, the noise σ/α of the grid's ends, got {} and {}",
                       passage.last().s, passage.first().s, restart.low, restart.high);
  const std::vector<double> back =
      uniform_points(std::pow(restart.high, 1. / 7), std::pow(restart.low, 1. / 7), restart.steps);
  const auto level = [&](double root) { return passage.at_lambda(-7 * std::log(root)); };
  Tensor y = passage.enter(x);
  std::int64_t fresh = 0;
  for (std::int64_t i = 0; i < passage.steps(); ++i) {
    Level a = passage.level(i);
    const Level& b = passage.level(i + 1);
    if (a.s > restart.low && b.s <= restart.low) {  // down to the interval's lower end, then up and down again
      const Level low = level(back.back());
      y = heun_step(passage, y, a, low);
      for (std::int64_t k = 0; k < restart.repeats; ++k) {
        y = add_noise(shard, y, fresh++, std::sqrt((restart.high - restart.low) * (restart.high + restart.low)));
        for (std::size_t j = 0; j + 1 < back.size(); ++j) y = heun_step(passage, y, level(back[j]), level(back[j + 1]));
      }
      a = low;
    }
    if (a.s > b.s) y = heun_step(passage, y, a, b);
    passage.arrive(i, y);
  }
  return passage.leave(y);
}

}  // namespace fokker::detail
