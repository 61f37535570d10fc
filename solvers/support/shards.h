#pragma once

#include <cstdint>

#include "fokker/core/base/tensor.h"

namespace fokker::detail {

/// Samples a shard, whose trajectory one worker computes: `wanted`, or where that is 0 about 2,048 numbers, a working set
/// for the first cache and shards enough for the workers.  Depends on nothing else, and no result depends on it.
/// Throws ConfigError, naming `where`, for a negative size.
std::int64_t shard_size(std::int64_t sample_elements, std::int64_t wanted, const char* where);

/// Copies the rows of x to those of `all` from `first` on.
void store_rows(const Tensor& x, Tensor& all, std::int64_t first);

}  // namespace fokker::detail
