#pragma once

#include "fokker/core/nn/module.h"
#include "fokker/core/ops/norm.h"

namespace fokker {

/// Group normalisation [wu2018] of x [B, ..., C]; weight and bias [C].
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

/// Layer normalisation over the last axis of x [..., C]; weight and bias [C].
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
