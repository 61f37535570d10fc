#include "fokker/score/time_sampling.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <iterator>

namespace fokker {
namespace {

constexpr const char* kinds[] = {"uniform", "stratified", "antithetic", "importance"};
constexpr int cells = 512;

}  // namespace

std::span<const char* const> TimeSampler::names() { return kinds; }

TimeSampler::TimeSampler(const std::string& kind, const ForwardSde& sde, double t_min)
    : sde_(static_cast<const ForwardSde*>(sde.clone().release())), first_label_(sde.label(t_min)) {
  const auto found = std::ranges::find(kinds, kind);
  require<ConfigError>(found != std::end(kinds), "[time_sampling] expected one of {}, got {}", fmt::join(kinds, ", "),
                       kind);
  kind_ = static_cast<Kind>(found - std::begin(kinds));
  require<ConfigError>(t_min > 0 && t_min < sde.t_max(), "[time_sampling] expected t_min in (0, {}), got {}",
                       sde.t_max(), t_min);
  if (kind_ != Kind::importance) return;
  // The cells are the proposal itself, not an approximation of it: weights by its own density keep the loss unbiased.
  cumulative_.push_back(0);
  const auto knot = [&](double i) { return sde.label(t_min * std::pow(sde.t_max() / t_min, i / cells)); };
  for (int i = 0; i <= cells; ++i) knots_.push_back(knot(i));
  for (int i = 0; i < cells; ++i) {
    const double t = sde.time_of_label(0.5 * (knot(i) + knot(i + 1)));
    const double g = sde.diffusion_rate(t), sigma = sde.marginal(t).sigma;
    cumulative_.push_back(cumulative_.back() + (knot(i + 1) - knot(i)) * g * g / (sigma * sigma));
  }
  for (double& c : cumulative_) c /= cumulative_.back();
}

double TimeSampler::unit(std::uint64_t seed, std::uint32_t step, std::int64_t batch, std::int64_t i) const {
  const Rng rng(seed, Stream::time, step);
  const auto n = static_cast<double>(batch);
  switch (kind_) {
    case Kind::stratified: return (static_cast<double>(i) + rng.uniform_at(static_cast<std::uint64_t>(i))) / n;
    case Kind::antithetic: return std::fmod(rng.uniform_at(0) + static_cast<double>(i) / n, 1.0);
    default: return rng.uniform_at(static_cast<std::uint64_t>(i));
  }
}

std::pair<double, double> TimeSampler::importance(double u) const {
  const auto above = std::ranges::upper_bound(cumulative_, u) - cumulative_.begin();
  const auto cell = static_cast<std::size_t>(std::clamp<std::ptrdiff_t>(above - 1, 0, cells - 1));
  const double width = knots_[cell + 1] - knots_[cell], mass = cumulative_[cell + 1] - cumulative_[cell];
  const double label = knots_[cell] + width * (u - cumulative_[cell]) / mass;
  return {sde_->time_of_label(label), width / mass / (1 - first_label_)};
}

TimeDraw TimeSampler::draw(std::uint64_t seed, std::uint32_t step, std::int64_t batch, std::int64_t first,
                           std::int64_t count) const {
  TimeDraw result;
  for (std::int64_t i = first; i < first + count; ++i) {
    const double u = unit(seed, step, batch, i);
    const auto [t, weight] = kind_ == Kind::importance
                                 ? importance(u)
                                 : std::pair{sde_->time_of_label(first_label_ + u * (1 - first_label_)), 1.0};
    result.t.push_back(t);
    result.inverse_density.push_back(weight);
  }
  return result;
}

}  // namespace fokker
