#include "fokker/solvers/support/shards.h"

#include <algorithm>
#include <cstring>

#include "fokker/sde/score.h"

namespace fokker::detail {

std::int64_t shard_size(std::int64_t sample_elements, std::int64_t wanted, const char* where) {
  require<ConfigError>(wanted >= 0, "[{}] expected shard >= 0, got {}", where, wanted);
  if (wanted > 0) return wanted;
  return std::clamp<std::int64_t>(2048 / std::max<std::int64_t>(1, sample_elements), 8, 1024);
}

void for_samples(std::int64_t n, std::int64_t size, bool whole, const std::function<void(const RowRange&)>& work) {
  for_shards(n, whole ? std::max<std::int64_t>(1, n) : size, [&](const RowRange& range) {
    const SampleScope scope(range.first, range.count);
    work(range);
  });
}

void store_rows(const Tensor& x, Tensor& all, std::int64_t first) {
  if (x.size() == 0) return;
  std::memcpy(static_cast<std::byte*>(all.raw()) + first * (all.bytes() / all.extent(0)), x.raw(),
              static_cast<std::size_t>(x.bytes()));
}

}  // namespace fokker::detail
