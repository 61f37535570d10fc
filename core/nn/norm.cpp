#include "fokker/core/nn/norm.h"

#include <cmath>

#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/reduce.h"
#include "fokker/core/ops/view.h"

namespace fokker {

GroupNorm::GroupNorm(std::int64_t channels, int groups, Activation activation)
    : weight(Tensor::ones({channels})), bias(Tensor::zeros({channels})), groups(groups), activation(activation) {
  require<ConfigError>(groups > 0 && channels % groups == 0, "[group_norm] {} channels do not divide into {} groups",
                       channels, groups);
}

Tensor GroupNorm::operator()(const Tensor& x) const { return group_norm(x, weight, bias, groups, epsilon, activation); }

void GroupNorm::visit(const ParameterVisitor& visitor) {
  visitor("weight", weight);
  visitor("bias", bias);
}

ConditionalInstanceNorm::ConditionalInstanceNorm(std::int64_t channels, std::int64_t embedding, const Rng& rng)
    : embed(embedding, 3 * channels, rng) {
  embed.bias = concat({Tensor::ones({2 * channels}), Tensor::zeros({channels})}, 0);
}

Tensor ConditionalInstanceNorm::operator()(const Tensor& x, const Tensor& embedding) const {
  const std::int64_t batch = x.extent(0), channels = x.extent(3);
  const Tensor vectors = reshape(embed(embedding), {batch, 1, 1, 3 * channels});
  const auto vector = [&](std::int64_t i) { return slice(vectors, 3, i * channels, (i + 1) * channels); };
  const Tensor ones = Tensor::ones({channels}, x.dtype()), zeros = Tensor::zeros({channels}, x.dtype());
  const Tensor normal = group_norm(x, ones, zeros, static_cast<int>(channels), epsilon);
  // The variance over the channels is the unbiased one; that of layer_norm is `bias` times as large.
  const double bias = static_cast<double>(channels - 1) / static_cast<double>(channels);
  const Tensor means = layer_norm(mean(x, {1, 2}, true), ones, zeros, epsilon * bias) * std::sqrt(bias);
  return vector(0) * (normal + vector(1) * means) + vector(2);
}

LayerNorm::LayerNorm(std::int64_t channels, Activation activation)
    : weight(Tensor::ones({channels})), bias(Tensor::zeros({channels})), activation(activation) {}

Tensor LayerNorm::operator()(const Tensor& x) const { return layer_norm(x, weight, bias, epsilon, activation); }

void LayerNorm::visit(const ParameterVisitor& visitor) {
  visitor("weight", weight);
  visitor("bias", bias);
}

}  // namespace fokker
