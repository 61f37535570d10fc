#include "fokker/score/objectives/regression.h"

#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/reduce.h"

namespace fokker {

ShardLoss Regression::loss(const Network& network, const Shard& shard) const {
  require<ShapeError>(shard.target.defined() && shard.target.shape() == shard.x0.shape(),
                      "[regression] expected targets {} for the inputs, got {}; choose a data set with targets",
                      to_string(shard.x0.shape()), shard.target.defined() ? to_string(shard.target.shape()) : "none");
  const Tensor time = Tensor::zeros({shard.rows()}, shard.x0.dtype());
  const auto values = static_cast<double>(shard.batch * shard.dimension());
  return {.total = sum(square(network(shard.x0, time, shard.pass()) - shard.target)) * (1 / values)};
}

Score Regression::score(std::shared_ptr<const Network>) const {
  throw ConfigError(
      "train.objective: a network trained by \"regression\" is no score; sample from one trained by \"dsm\"");
}

}  // namespace fokker
