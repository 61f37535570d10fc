#pragma once

#include "fokker/core/nn/linear.h"
#include "fokker/core/nn/norm.h"

namespace fokker {

/// Residual multi-head self-attention over the pixels of x [B, H, W, C]:  (x + out(attention(norm(x)))) / divisor.
/// Parameters are named as in diffusers: group_norm, to_q, to_k, to_v, to_out.0.
struct Attention {
  GroupNorm group_norm;
  Linear to_q, to_k, to_v;
  std::vector<Linear> to_out;
  int heads = 1;
  double divisor = 1;

  Attention() = default;
  /// Makes the layer, without a norm for groups = 0.  Throws ConfigError unless `heads` divides `channels`.
  Attention(std::int64_t channels, int heads, int groups, const Rng& rng);
  Tensor operator()(const Tensor& x) const;
  void visit(const ParameterVisitor& visitor);
};

/// Residual multi-head attention of the pixels of x [B, H, W, C] to tokens [B, S, width], with key_bias [B, S]:
///   x + out(attention(q(norm(x)), k(tokens), v(tokens), key_bias)).
/// Parameters are named as in diffusers' `norm2` and `attn2`.
struct CrossAttention {
  GroupNorm norm2;
  Linear to_q, to_k, to_v;
  std::vector<Linear> to_out;
  int heads = 1;

  CrossAttention() = default;
  CrossAttention(std::int64_t channels, std::int64_t width, int heads, int groups, const Rng& rng);
  Tensor operator()(const Tensor& x, const Tensor& tokens, const Tensor& key_bias) const;
  void visit(const ParameterVisitor& visitor);
};

}  // namespace fokker
