#pragma once

#include "fokker/core/ops/autodiff.h"

namespace fokker {

enum class Activation : std::uint8_t { none, silu };

/// Normalises x [B, ..., C] over all but the batch axis within each of `groups` blocks of channels:
///   activation((x − mean) / √(var + epsilon) · scale + shift),  scale and shift [C].
/// Forward and backward are fused.  Throws ShapeError.
Tensor group_norm(const Tensor& x, const Tensor& scale, const Tensor& shift, int groups, double epsilon = 1e-5,
                  Activation activation = Activation::none);
/// Normalises x [..., C] in the way of `group_norm`, but over the last axis alone.
Tensor layer_norm(const Tensor& x, const Tensor& scale, const Tensor& shift, double epsilon = 1e-5,
                  Activation activation = Activation::none);

}  // namespace fokker
