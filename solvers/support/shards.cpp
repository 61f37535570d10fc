#include "fokker/solvers/support/shards.h"

#include <algorithm>
#include <cstring>

namespace fokker::detail {

std::int64_t shard_size(std::int64_t sample_elements, std::int64_t wanted, const char* where) {
  require<ConfigError>(wanted >= 0, "[{}] expected shard >= 0, got {}", where, wanted);
  if (wanted > 0) return wanted;
  return std::clamp<std::int64_t>(2048 / std::max<std::int64_t>(1, sample_elements), 8, 1024);
}

void store_rows(const Tensor& x, Tensor& all, std::int64_t first) {
  if (x.size() == 0) return;
  std::memcpy(static_cast<std::byte*>(all.raw()) + first * (all.bytes() / all.extent(0)), x.raw(),
              static_cast<std::size_t>(x.bytes()));
}

}  // namespace fokker::detail
