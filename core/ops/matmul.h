#pragma once

#include "fokker/core/autodiff.h"

namespace fokker {

enum class Transpose : bool { no, yes };

/// a [..., M, K] times b [..., K, N], or b [K, N] for every a; either may be given transposed.  The leading axes are
/// equal, or b has none.  The bits of a row do not depend on M.  Under
/// MixedPrecision, products of f32 with one matrix b [K, N] are multiplied in bf16.
Tensor matmul(const Tensor& a, const Tensor& b, Transpose transpose_a = Transpose::no,
              Transpose transpose_b = Transpose::no);

/// softmax(q kᵀ / √d) v per head: q [B, T, heads·d], k and v [B, S, heads·d].
Tensor attention(const Tensor& q, const Tensor& k, const Tensor& v, int heads);

}  // namespace fokker
