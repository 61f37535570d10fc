#pragma once

#include <span>

#include "fokker/experiments/data/dataset.h"
#include "fokker/score/objectives/objective.h"

namespace fokker {

/// The number of rows of a shard: small enough for the cache, with enough shards for several cores.  It is a function
/// of the work alone.
std::int64_t rows_of_a_shard(const Dataset& data, std::int64_t batch);

/// Throws ConfigError where `network` takes labels or captions that `data` does not have.
void check_labels(const Network& network, const Dataset& data);

/// The place of a shard in the batch, without samples yet.
struct ShardPlace {
  std::uint64_t seed;
  std::uint32_t step;
  std::int64_t first, batch;
};
/// The samples `rows` of `data` at `place`, with their targets.  Where `network` takes labels and captions, the shard
/// has those, too.
Shard make_shard(const Network& network, const Dataset& data, std::span<const std::int64_t> rows,
                 const ShardPlace& place);

}  // namespace fokker
