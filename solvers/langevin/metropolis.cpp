#include "fokker/solvers/langevin/metropolis.h"

#include <cmath>
#include <numbers>

#include "fokker/core/ops/elementwise.h"
#include "fokker/solvers/sampling/corrector.h"

namespace fokker {
void ula_step(const Target& target, const BrownianIncrement& b, LangevinStep step, ChainState& state) {
  state.x = weighted_sum({{1, state.x}, {step.h, target.score(state.x, target.t)}, {std::numbers::sqrt2, b.w}});
}

MetropolisResult mala_step(const Target& target, const MetropolisStep& step, ChainState& state) {
  const std::size_t chains = step.lengths.size();
  std::vector<double> scales(chains);
  for (std::size_t i = 0; i < chains; ++i) scales[i] = std::sqrt(2 * step.lengths[i]);
  const Tensor length = detail::by_sample(step.lengths, state.x);
  const Tensor moved = length * state.score + detail::by_sample(scales, state.x) * step.normal;
  const Tensor y = state.x + moved;
  const Tensor score = target.score(y, target.t), log_density = target.log_density(y);
  // x − y − ε s(y), whose density is that of the way back.
  const std::vector<double> forth = detail::square_norms(step.normal),
                            back = detail::square_norms(moved + length * score);
  MetropolisResult result{std::vector<double>(chains), std::vector<bool>(chains)};
  std::vector<double> mask(chains);
  for (std::size_t i = 0; i < chains; ++i) {
    const auto row = static_cast<std::int64_t>(i);
    const double log_ratio =
        log_density.at(row) - state.log_density.at(row) + 0.5 * forth[i] - back[i] / (4 * step.lengths[i]);
    result.probability[i] =
        std::isnan(log_ratio) || log_density.at(row) > 1e300 ? 0 : std::exp(std::min(0.0, log_ratio));
    result.accepted[i] = step.uniforms[i] < result.probability[i];
    mask[i] = result.accepted[i] ? 1 : 0;
  }
  const Tensor taken = detail::by_sample(mask, state.x);
  state.x = where(taken, y, state.x);
  state.score = where(taken, score, state.score);
  state.log_density = where(taken.view(log_density.shape()), log_density, state.log_density);
  return result;
}

StepAdaptation::StepAdaptation(double step, double target_acceptance)
    : target_(target_acceptance), centre_(std::log(10 * step)), log_step_(std::log(step)), log_mean_(log_step_) {}

void StepAdaptation::add(double acceptance_probability) {
  constexpr double pull = 0.05, delay = 10, forgetting = 0.75;  // γ, t₀ and κ of [hoffman2014]
  const double m = ++count_, weight = std::pow(m, -forgetting);
  error_ += (target_ - acceptance_probability - error_) / (m + delay);
  log_step_ = centre_ - std::sqrt(m) / pull * error_;
  log_mean_ = weight * log_step_ + (1 - weight) * log_mean_;
}

double StepAdaptation::trial() const { return std::exp(log_step_); }
double StepAdaptation::adapted() const { return std::exp(log_mean_); }

}  // namespace fokker
