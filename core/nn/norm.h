#pragma once

#include "fokker/core/nn/linear.h"
#include "fokker/core/ops/norm.h"

namespace fokker {

/// Group normalisation [wu2018] of x [B, ..., C], with weight and bias [C].
struct GroupNorm {
  Tensor weight, bias;
  int groups = 1;
  Activation activation = Activation::none;
  double epsilon = 1e-5;

  GroupNorm() = default;
  GroupNorm(std::int64_t channels, int groups, Activation activation = Activation::none);
  Tensor operator()(const Tensor& x) const;
  void visit(const ParameterVisitor& visitor);
};

/// Conditional instance normalisation++ [song2019] of x [B, H, W, C]:  γ·(n(x) + α·m) + β.
/// n(x) is each channel normalised over its pixels, and m holds the means of the channels, normalised over the
/// channels.  γ, α and β [B, C] are linear in an embedding [B, E], with embed.weight [3C, E].
struct ConditionalInstanceNorm {
  Linear embed;
  double epsilon = 1e-5;

  ConditionalInstanceNorm() = default;
  ConditionalInstanceNorm(std::int64_t channels, std::int64_t embedding, const Rng& rng);
  Tensor operator()(const Tensor& x, const Tensor& embedding) const;
  void visit(const ParameterVisitor& visitor) { visitor("embed", embed); }
};

/// Layer normalisation over the last axis of x [..., C], with weight and bias [C].
struct LayerNorm {
  Tensor weight, bias;
  Activation activation = Activation::none;
  double epsilon = 1e-5;

  LayerNorm() = default;
  explicit LayerNorm(std::int64_t channels, Activation activation = Activation::none);
  Tensor operator()(const Tensor& x) const;
  void visit(const ParameterVisitor& visitor);
};

}  // namespace fokker
