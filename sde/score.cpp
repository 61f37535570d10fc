#include "fokker/sde/score.h"

#include <algorithm>
#include <numeric>

namespace fokker {
namespace {

thread_local SampleScope* current = nullptr;

std::vector<std::int64_t> range(std::int64_t first, std::int64_t count) {
  std::vector<std::int64_t> samples(static_cast<std::size_t>(count));
  std::iota(samples.begin(), samples.end(), first);
  return samples;
}

/// Samples of `count` as samples of all, of which they are first, first + 1, ….
std::vector<std::int64_t> shifted(std::span<const std::int64_t> samples, std::int64_t first, std::int64_t count) {
  std::vector<std::int64_t> result;
  for (const std::int64_t sample : samples) {
    require<ShapeError>(sample < count, "[score] rows({}, {}) has {} samples, and sample {} is asked for", first, count,
                        count, sample);
    result.push_back(first + sample);
  }
  return result;
}

}  // namespace

Score Score::of(std::span<const Score> parts, Function function) {
  return Score(Body{std::move(function), {}, std::ranges::any_of(parts, &Score::whole_batch)});
}

Tensor Score::operator()(const Tensor& x, double t) const {
  require<ConfigError>(body_ != nullptr, "[score] expected a function, got an empty score");
  if (!body_->of) return body_->function(x, t);
  if (!current) return body_->of(range(0, x.extent(0)))(x, t);
  require<ShapeError>(x.rank() > 0 && x.extent(0) == std::ssize(current->samples_),
                      "[score] expected one row for each of the {} samples in work, got {}; take score.rows(first, "
                      "count) for other samples",
                      current->samples_.size(), x.shape());
  return current->of(*this)(x, t);
}

Score Score::rows(std::int64_t first, std::int64_t count) const {
  if (body_ && body_->of)
    return by_rows([of = body_->of, first, count](std::span<const std::int64_t> samples) {
      return of(shifted(samples, first, count));
    });
  Function function = [all = *this, first, count](const Tensor& x, double t) {
    const auto samples = current ? current->samples_ : range(0, x.extent(0));
    const SampleScope scope(shifted(samples, first, count));
    return all(x, t);
  };
  return Score(Body{std::move(function), {}, whole_batch()});
}

SampleScope::SampleScope(std::vector<std::int64_t> samples) : samples_(std::move(samples)), around_(current) {
  current = this;
}

SampleScope::SampleScope(std::int64_t first, std::int64_t count) : SampleScope(range(first, count)) {}

SampleScope::SampleScope(std::span<const std::size_t> places) : around_(current) {
  for (const std::size_t place : places)
    samples_.push_back(around_ ? around_->samples_[place] : static_cast<std::int64_t>(place));
  current = this;
}

SampleScope::~SampleScope() { current = around_; }

Score SampleScope::of(const Score& score) {
  const auto found =
      std::ranges::find(made_, score.body_.get(), [](const auto& pair) { return pair.first.body_.get(); });
  if (found != made_.end()) return found->second;
  Score made = score.body_->of(samples_);
  made_.emplace_back(score, made);
  return made;
}

}  // namespace fokker
