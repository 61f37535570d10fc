#include "fokker/experiments/training/shards.h"

#include <algorithm>

#include "fokker/core/ops/view.h"

namespace fokker {

std::int64_t rows_of_a_shard(const Dataset& data, std::int64_t batch) {
  if (data.images()) {
    const std::int64_t pixels = data.x.size() / data.x.extent(0);
    return std::clamp<std::int64_t>(8192 / pixels, 1, std::max<std::int64_t>(1, batch / 4));
  }
  return std::clamp<std::int64_t>(256, 1, std::max<std::int64_t>(1, batch / 2));
}

void check_labels(const Network& network, const Dataset& data) {
  require<ConfigError>(
      network.caption_length() == 0 || std::ssize(data.tokens) == data.size() * network.caption_length(),
      "[train] the network takes captions of {} tokens, the data has {}: choose data with captions, or set "
      "network.text_width = 0",
      network.caption_length(), data.captions.empty() ? "none" : "others");
  if (network.classes() == 0) return;
  require<ConfigError>(data.classes() > 0 && data.classes() <= network.classes(),
                       "[train] the network takes {} labels, the data has {}: set network.classes to those of the data",
                       network.classes(), data.classes());
}

Shard make_shard(const Network& network, const Dataset& data, std::span<const std::int64_t> rows,
                 const ShardPlace& place) {
  Shard shard{.x0 = gather(data.x, rows),
              .seed = place.seed,
              .step = place.step,
              .first = place.first,
              .batch = place.batch,
              .target = data.target.defined() ? gather(data.target, rows) : Tensor{}};
  if (network.classes() > 0)
    for (std::int64_t row : rows) shard.condition.labels.push_back(data.labels[static_cast<std::size_t>(row)]);
  const std::int64_t length = network.caption_length();
  for (std::int64_t row : rows)
    shard.condition.tokens.insert(shard.condition.tokens.end(), data.tokens.begin() + row * length,
                                  data.tokens.begin() + (row + 1) * length);
  return shard;
}

}  // namespace fokker
