#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "fokker/core/tensor.h"

namespace fokker {

/// The score ∇ₓ log pₜ(x): x [B, ...] → [B, ...], with one time for the whole batch.
using Score = std::function<Tensor(const Tensor& x, double t)>;

/// A score, drift or diffusion of another language.  It takes each batch whole, from one thread at a time, so that
/// solvers do not cut its batches into shards.
struct WholeBatch {
  Score function;
  Tensor operator()(const Tensor& x, double t) const { return function(x, t); }
};
inline bool takes_shards(const Score& function) { return function.target<WholeBatch>() == nullptr; }

/// A score that differs from sample to sample, as where each sample has a condition of its own.  `rows(first, count)`
/// is the score of samples first … first + count − 1.  A direct call takes x for the first samples, from number 0 on.
struct ByRows {
  std::function<Score(std::int64_t first, std::int64_t count)> rows;
  Tensor operator()(const Tensor& x, double t) const { return rows(0, x.extent(0))(x, t); }
};
/// Returns the score of `count` samples from number `first` on.  A score that does not
/// differ among samples is returned as it is.
Score rows_of(const Score& score, std::int64_t first, std::int64_t count);

/// Makes one score of several, make(parts).  The result differs from sample to sample where one of the parts does, and
/// takes its batches whole where one of the parts does.
Score compose(std::vector<Score> parts, std::function<Score(const std::vector<Score>& parts)> make);

}  // namespace fokker
