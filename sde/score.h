#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "fokker/core/base/tensor.h"

namespace fokker {

/// ∇ₓ log pₜ(x): x [B, ...] → [B, ...], one time for the whole batch.
using Score = std::function<Tensor(const Tensor& x, double t)>;

/// A score, drift or diffusion of another language: it takes each batch whole, from one thread at a time, so that solvers do not cut its
/// batches into shards.
struct WholeBatch {
  Score function;
  Tensor operator()(const Tensor& x, double t) const { return function(x, t); }
};
inline bool takes_shards(const Score& function) { return function.target<WholeBatch>() == nullptr; }

/// A score that differs from sample to sample, as under a condition for each: `rows(first, count)` is the score of samples
/// first … first + count − 1.  Called by itself, it takes its batch for the first samples.
struct ByRows {
  std::function<Score(std::int64_t first, std::int64_t count)> rows;
  Tensor operator()(const Tensor& x, double t) const { return rows(0, x.extent(0))(x, t); }
};
/// The score of `count` samples from number `first` on; of any other score, itself.
Score rows_of(const Score& score, std::int64_t first, std::int64_t count);

/// One score of several, make(parts): it differs from sample to sample where one of them does, and takes its batches whole
/// where one of them does.
Score compose(std::vector<Score> parts, std::function<Score(const std::vector<Score>& parts)> make);

}  // namespace fokker
