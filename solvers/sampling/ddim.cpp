// Samplers of denoising diffusion models, whose step is a conditional law of q: DDPM and DDIM.

#include <cmath>

#include "fokker/core/ops/elementwise.h"
#include "fokker/solvers/sampling/exponential.h"

namespace fokker::detail {
namespace {

/// y⁺ = D + √(s₊² − v²) (y − D)/s + w ξ  with  v² = η² s₊² (1 − s₊²/s²), the posterior's variance at η = 1.
struct Variances {
  double kept, noise;  // v, w
};
using Rule = Variances (*)(const Level& a, const Level& b, double eta);

Variances posterior(const Level& a, const Level& b, double eta) {
  const double v = eta * b.s * std::sqrt(-std::expm1(2 * (a.lambda - b.lambda)));
  return {v, v};
}

/// Puts the variance β of the forward step in place of the posterior's.
Variances forward(const Level& a, const Level& b, double eta) {
  const double v = posterior(a, b, eta).kept;
  return {v, v * (a.alpha / b.alpha) * (a.s / b.s)};
}

Tensor run(const Shard& shard, const Tensor& x, Rule rule) {
  const Passage passage(shard);
  const double eta = reverse_eta(shard.config);
  const auto snr = [](const Level& at) { return std::exp(2 * at.lambda); };
  const auto noise = brownian(shard, snr(passage.first()), snr(passage.last()), BrownianPath::Split::geometric);
  Tensor y = passage.enter(x);
  for (std::int64_t i = 0; i < passage.steps(); ++i) {
    const Level &a = passage.level(i), &b = passage.level(i + 1);
    const Tensor data = passage.denoised(y, a);
    const auto [kept, fresh] = rule(a, b, eta);
    require<ConfigError>(kept <= b.s, "[{}] expected eta <= 1, got {}: the step's noise exceeds its level",
                         shard.config.solver, eta);
    const double direction = std::sqrt((b.s - kept) * (b.s + kept)) / a.s;
    y = weighted_sum({{direction, y}, {1 - direction, data}});
    if (fresh > 0) {
      const double length = snr(b) - snr(a);
      y = weighted_sum({{1, y}, {fresh / std::sqrt(length), noise->increment(i, snr(a), snr(b), 0).w}});
    }
    passage.arrive(i, y);
  }
  return passage.leave(y);
}

}  // namespace

Tensor run_ddim(const Shard& shard, Tensor x) { return run(shard, x, posterior); }
Tensor run_ancestral_large(const Shard& shard, Tensor x) { return run(shard, x, forward); }

}  // namespace fokker::detail
