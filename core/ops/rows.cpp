#include "fokker/core/ops/rows.h"

#include "fokker/core/ops/view.h"

namespace fokker {

std::int64_t row_size(const Tensor& x) {
  require<ShapeError>(x.rank() > 0, "[rows] expected samples [B, …], got a tensor without axes");
  std::int64_t size = 1;
  for (int i = 1; i < x.rank(); ++i) size *= x.extent(i);
  return size;
}

Tensor flat_rows(const Tensor& x) { return reshape(x, {x.extent(0), row_size(x)}); }

}  // namespace fokker
