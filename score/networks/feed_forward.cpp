#include "fokker/score/networks/feed_forward.h"

#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/view.h"

namespace fokker {

FeedForward::FeedForward(std::int64_t dimension, const std::vector<std::int64_t>& hidden, const Rng& rng)
    : dimension_(dimension) {
  std::int64_t width = dimension;
  for (std::size_t i = 0; i <= hidden.size(); ++i) {
    const std::int64_t next = i < hidden.size() ? hidden[i] : dimension;
    layers_.emplace_back(width, next, rng.fork(i));
    width = next;
  }
}

Tensor FeedForward::operator()(const Tensor& x, const Tensor&, const Pass& pass) const {
  const std::int64_t rows = x.extent(0);
  require<ShapeError>(rows > 0 && x.size() == rows * dimension_,
                      "[feed_forward] expected x [B, …] with {} values a sample, got {}", dimension_, x.shape());
  require<ConfigError>(pass.condition.labels.empty(), "[feed_forward] the network takes no labels");
  Tensor h = layers_.front()(reshape(x, {rows, dimension_}));
  for (std::size_t i = 1; i < layers_.size(); ++i) h = layers_[i](relu(h));
  return reshape(h, x.shape());
}

}  // namespace fokker
