#include "fokker/core/nn/norm.h"

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

LayerNorm::LayerNorm(std::int64_t channels, Activation activation)
    : weight(Tensor::ones({channels})), bias(Tensor::zeros({channels})), activation(activation) {}

Tensor LayerNorm::operator()(const Tensor& x) const { return layer_norm(x, weight, bias, epsilon, activation); }

void LayerNorm::visit(const ParameterVisitor& visitor) {
  visitor("weight", weight);
  visitor("bias", bias);
}

}  // namespace fokker
