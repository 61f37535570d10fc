#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "fokker/core/base/tensor.h"

namespace fokker {

/// A score ∇ₓ log pₜ(x): x [B, ...] → [B, ...], one time t for the whole batch.  It is made of any callable (x, t).
///
/// A score that differs from sample to sample, as under a label for each, is made by `by_rows`.  Solvers cut a batch into
/// shards and open a SampleScope for each, in which such a score knows which samples it is given, however deep in other
/// functions it is called.  Copies share what they hold.
class Score {
 public:
  using Function = std::function<Tensor(const Tensor& x, double t)>;
  /// The score of the samples with these numbers, of which a batch [size, ...] is to hold one row each.
  using OfSamples = std::function<Score(std::span<const std::int64_t> samples)>;

  Score() = default;
  template <class F>
  requires(!std::same_as<std::remove_cvref_t<F>, Score> && std::constructible_from<Function, F>)
      Score(F&& function)  // NOLINT(google-explicit-constructor): any callable is a score
      : Score(Body{Function(std::forward<F>(function)), {}, false}) {}

  /// A score that differs from sample to sample.  `of` is called once for each SampleScope.
  static Score by_rows(OfSamples of) { return Score(Body{{}, std::move(of), false}); }
  /// A function that takes each batch whole, from one thread at a time, as those of another language do.
  static Score whole(Function function) { return Score(Body{std::move(function), {}, true}); }
  /// A function that calls the scores `parts`.  It takes its batches whole where one of them does.
  static Score of(std::span<const Score> parts, Function function);

  explicit operator bool() const { return body_ != nullptr; }
  /// Throws ShapeError where a score by rows is given another number of rows than its SampleScope has samples.  Outside
  /// of any scope a batch holds the samples 0, 1, ….
  Tensor operator()(const Tensor& x, double t) const;
  /// The score of the samples first … first + count − 1, numbered from 0: its sample i is this one's first + i.
  Score rows(std::int64_t first, std::int64_t count) const;
  /// Whether solvers must not cut its batches into shards.
  bool whole_batch() const { return body_ && body_->whole; }

 private:
  struct Body {
    Function function;
    OfSamples of;
    bool whole;
  };
  explicit Score(Body body) : body_(std::make_shared<const Body>(std::move(body))) {}

  std::shared_ptr<const Body> body_;

  friend class SampleScope;
};

/// States which samples the rows of this thread's batches are, until the end of the scope.  Scopes nest; the inner one
/// holds.
class SampleScope {
 public:
  /// The samples first … first + count − 1.
  SampleScope(std::int64_t first, std::int64_t count);
  /// Some of the samples of the scope around, by their places in it.
  explicit SampleScope(std::span<const std::size_t> places);
  SampleScope(const SampleScope&) = delete;
  SampleScope& operator=(const SampleScope&) = delete;
  ~SampleScope();

 private:
  friend class Score;
  explicit SampleScope(std::vector<std::int64_t> samples);
  /// What `score` is for the samples of the scope: made at its first call, then kept.
  Score of(const Score& score);

  std::vector<std::int64_t> samples_;
  std::vector<std::pair<Score, Score>> made_;  // scores by rows, and what they are for these samples
  SampleScope* around_;
};

}  // namespace fokker
