#pragma once

#include "fokker/core/ops/autodiff.h"

namespace fokker {

enum class Transpose : bool { no, yes };

/// Returns a [..., M, K] times b [..., K, N], or times b [K, N] for every a; [..., M, N].  Either factor may be given
/// transposed.  The leading axes are equal, or b has none.  The bits of a row do not depend on M.  Under
/// MixedPrecision, products of f32 with one matrix b [K, N] are multiplied in bf16.  Throws ShapeError.
Tensor matmul(const Tensor& a, const Tensor& b, Transpose transpose_a = Transpose::no,
              Transpose transpose_b = Transpose::no);

/// Returns softmax(q kᵀ / √d + key_bias) v for each head, [B, T, heads·d], for q [B, T, heads·d], k and v [B, S,
/// heads·d].  `key_bias` [B, S], where it is defined, is a constant without gradient.  A key with the bias `masked_key`
/// has no weight, unless all keys of a sample have that bias.  Throws ShapeError.
Tensor attention(const Tensor& q, const Tensor& k, const Tensor& v, int heads, const Tensor& key_bias = {});

inline constexpr double masked_key = -1e30;

}  // namespace fokker
