#include "fokker/score/regression.h"

#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/reduce.h"

namespace fokker {

Tensor regression_loss(const Network& network, const Shard& shard) {
  require<ShapeError>(shard.target.defined() && shard.target.shape() == shard.x0.shape(),
                      "[regression] expected targets {} for the inputs, got {}; choose a data set with targets",
                      to_string(shard.x0.shape()), shard.target.defined() ? to_string(shard.target.shape()) : "none");
  const Pass pass{.training = true,
                  .rng = Rng(shard.seed, Stream::dropout, shard.step),
                  .first_sample = shard.first,
                  .condition = shard.condition};
  const Tensor time = Tensor::zeros({shard.x0.extent(0)}, shard.x0.dtype());
  const std::int64_t values = shard.batch * (shard.x0.size() / shard.x0.extent(0));
  return sum(square(network(shard.x0, time, pass) - shard.target)) * (1.0 / static_cast<double>(values));
}

}  // namespace fokker
