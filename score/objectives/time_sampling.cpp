#include "fokker/score/objectives/time_sampling.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "fokker/core/base/registry.h"

namespace fokker {
namespace {

constexpr const char* kinds[] = {"uniform", "stratified", "antithetic", "importance", "log_normal"};
constexpr Registry table("[time_sampling]", kinds);
constexpr int cells = 512;

}  // namespace

std::span<const char* const> TimeSampler::names() { return kinds; }

TimeSampler::TimeSampler(TimeSamplingConfig config, const ForwardSde& sde)
    : config_(std::move(config)), sde_(share(sde)), first_label_(sde.label(config_.t_min)) {
  kind_ = table.number<Kind>(config_.kind);
  require<ConfigError>(config_.t_min > 0 && config_.t_min < sde.t_max(),
                       "[time_sampling] expected t_min in (0, {}), got {}", sde.t_max(), config_.t_min);
  require<ConfigError>(config_.levels == 0 || (config_.levels >= 2 && kind_ < Kind::importance),
                       "[time_sampling] expected 0 or at least 2 levels, with \"uniform\", \"stratified\" or "
                       "\"antithetic\"; got {} with \"{}\"",
                       config_.levels, config_.kind);
  require<ConfigError>(config_.deviation > 0, "[time_sampling] expected a deviation above 0, got {}",
                       config_.deviation);
  if (kind_ == Kind::importance) make_cells();
}

void TimeSampler::make_cells() {
  // The cells are the proposal itself, so weights by its own density keep the loss unbiased.
  cumulative_.push_back(0);
  const double ratio = sde_->t_max() / config_.t_min;
  const auto knot = [&](double i) { return sde_->label(config_.t_min * std::pow(ratio, i / cells)); };
  for (int i = 0; i <= cells; ++i) knots_.push_back(knot(i));
  for (int i = 0; i < cells; ++i) {
    const double t = sde_->time_of_label(0.5 * (knot(i) + knot(i + 1)));
    const double g = sde_->diffusion_rate(t), sigma = sde_->marginal(t).sigma;
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

double TimeSampler::uniform(double u) const {
  if (config_.levels > 0)
    return level_time(std::min(static_cast<std::int64_t>(u * static_cast<double>(config_.levels)), config_.levels - 1));
  return sde_->time_of_label(first_label_ + u * (1 - first_label_));
}

double TimeSampler::level_time(std::int64_t i) const {
  const double place = static_cast<double>(i) / static_cast<double>(config_.levels - 1);
  return sde_->time_of_label(first_label_ + place * (1 - first_label_));
}

double TimeSampler::log_normal(const Rng& rng, std::int64_t i) const {
  const double z = rng.normal({1}, Dtype::f64, static_cast<std::uint64_t>(i)).item();
  return std::max(config_.t_min, sde_->time_of_lambda(-(config_.mean + config_.deviation * z)));
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
  const Rng rng(seed, Stream::time, step);
  for (std::int64_t i = first; i < first + count; ++i) {
    std::pair<double, double> drawn{0, 1};
    if (kind_ == Kind::log_normal)
      drawn.first = log_normal(rng, i);
    else if (kind_ == Kind::importance)
      drawn = importance(unit(seed, step, batch, i));
    else
      drawn.first = uniform(unit(seed, step, batch, i));
    result.t.push_back(drawn.first);
    result.inverse_density.push_back(drawn.second);
  }
  return result;
}

}  // namespace fokker
