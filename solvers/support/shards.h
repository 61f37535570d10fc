#pragma once

#include <cstdint>
#include <functional>

#include "fokker/core/base/parallel.h"
#include "fokker/core/base/tensor.h"

namespace fokker::detail {

/// Returns the number of samples in a shard, whose trajectory one worker computes.  It is `wanted`, or where that is 0
/// about 2,048 numbers: a working set for the first cache, and shards enough for the workers.  The size depends on
/// nothing else, and no result depends on the size.  Throws ConfigError, which names `where`, for a negative size.
std::int64_t shard_size(std::int64_t sample_elements, std::int64_t wanted, const char* where);

/// Runs work(range) for every shard of at most `size` of `n` samples on the workers, within a SampleScope of its samples.
/// Where `whole` says so all samples are one shard.
void for_samples(std::int64_t n, std::int64_t size, bool whole, const std::function<void(const RowRange&)>& work);

/// Copies the rows of x to the rows of `all` from `first` on.
void store_rows(const Tensor& x, Tensor& all, std::int64_t first);

}  // namespace fokker::detail
