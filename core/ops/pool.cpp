#include "fokker/core/ops/conv.h"
#include "fokker/core/ops/reduce.h"
#include "fokker/core/ops/view.h"

namespace fokker {
namespace {

/// x [B, H, W, C] as [B, H/size, size, W/size, size, C].
Tensor tiles(const Tensor& x, int size, const char* where) {
  require<ShapeError>(x.rank() == 4 && size > 0 && x.extent(1) % size == 0 && x.extent(2) % size == 0,
                      "[{}] expected x [B, H, W, C] with H and W multiples of {}, got {}", where, size, x.shape());
  return reshape(x, {x.extent(0), x.extent(1) / size, size, x.extent(2) / size, size, x.extent(3)});
}

}  // namespace

Tensor avg_pool2d(const Tensor& x, int size) { return mean(tiles(x, size, "avg_pool2d"), {2, 4}); }

Tensor max_pool2d(const Tensor& x, int size) {
  const Tensor together = permute(tiles(x, size, "max_pool2d"), {0, 1, 3, 5, 2, 4});
  return max(reshape(together, {x.extent(0), x.extent(1) / size, x.extent(2) / size, x.extent(3), size * size}), -1);
}

Tensor upsample_nearest(const Tensor& x, int factor) {
  require<ShapeError>(x.rank() == 4 && factor > 0,
                      "[upsample_nearest] expected x [B, H, W, C] and a factor ≥ 1, got {} and {}", x.shape(), factor);
  const std::int64_t b = x.extent(0), h = x.extent(1), w = x.extent(2), c = x.extent(3);
  const Tensor repeated = broadcast_to(reshape(x, {b, h, 1, w, 1, c}), {b, h, factor, w, factor, c});
  return reshape(repeated, {b, h * factor, w * factor, c});
}

}  // namespace fokker
