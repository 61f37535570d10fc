#include "fokker/core/nn/dropout.h"

#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/rows.h"

namespace fokker {

Tensor Dropout::operator()(const Tensor& x, const Pass& pass) const {
  if (!pass.training || rate == 0) return x;
  const std::int64_t per_sample = row_size(x);
  const Tensor u = pass.rng.fork(layer)
                       .with(Stream::dropout)
                       .uniform(x.shape(), x.dtype(), static_cast<std::uint64_t>(pass.first_sample * per_sample));
  return x * (greater(u, rate) * (1 / (1 - rate)));
}

}  // namespace fokker
