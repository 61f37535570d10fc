#include "fokker/score/networks/mlp.h"

#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/view.h"

namespace fokker {

Mlp::Mlp(std::int64_t dimension, MlpConfig config, const Rng& rng) : dimension_(dimension), config_(std::move(config)) {
  require<ConfigError>(!config_.hidden.empty(), "[mlp] expected at least one hidden layer (network.hidden)");
  if (config_.outputs == 0) config_.outputs = dimension;
  const std::int64_t embedding = 2 * config_.time_dimension;
  time_embedding_ = TimeEmbedding(config_.time_dimension, embedding, rng.fork(0));
  if (config_.classes > 0)
    class_embedding_ = ClassEmbedding(config_.classes, embedding, config_.label_dropout, rng.fork(2'000'000));
  std::int64_t width = dimension;
  for (std::size_t i = 0; i < config_.hidden.size(); ++i) {
    layers_.emplace_back(width, config_.hidden[i], rng.fork(2 * i + 1));
    time_projections_.emplace_back(embedding, config_.hidden[i], rng.fork(2 * i + 2));
    width = config_.hidden[i];
  }
  out_ = Linear(width, config_.outputs, rng.fork(1'000'000), Init::zero);
}

Tensor Mlp::operator()(const Tensor& x, const Tensor& time, const Pass& pass) const {
  const std::int64_t rows = x.extent(0);
  require<ShapeError>(rows > 0 && x.size() == rows * dimension_,
                      "[mlp] expected x [B, …] with {} values a sample, got {}", dimension_, x.shape());
  const Tensor features = sinusoidal_embedding(time, config_.time_dimension);
  const Tensor embedding = silu(class_embedding_.add_to(time_embedding_(features), pass));
  Tensor h = reshape(x, {rows, dimension_});
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    Tensor next = silu(layers_[i](h) + time_projections_[i](embedding));
    next = Dropout{config_.dropout, i}(next, pass);
    h = config_.residual && h.shape() == next.shape() ? h + next : next;
  }
  const int last = x.rank() - 1;
  return reshape(out_(h), with_extent(x.shape(), last, x.extent(last) * config_.outputs / dimension_));
}

void Mlp::visit(const ParameterVisitor& visitor) {
  visitor("time_embedding", time_embedding_);
  if (class_embedding_.weight.defined()) visitor("class_embedding", class_embedding_);
  visitor("layers", layers_);
  visitor("time_projections", time_projections_);
  visitor("out", out_);
}

}  // namespace fokker
