#include "fokker/core/nn/attention.h"

#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/matmul.h"
#include "fokker/core/ops/view.h"

namespace fokker {
namespace {

void check_heads(std::int64_t channels, int heads) {
  require<ConfigError>(heads > 0 && channels % heads == 0, "[attention] {} channels do not divide into {} heads",
                       channels, heads);
}

/// [B, H, W, C] → [B, H·W, C]
Tensor pixels(const Tensor& x) { return reshape(x, {x.extent(0), x.extent(1) * x.extent(2), x.extent(3)}); }

}  // namespace

Attention::Attention(std::int64_t channels, int heads, int groups, const Rng& rng)
    : group_norm(groups > 0 ? GroupNorm(channels, groups) : GroupNorm()),
      to_q(channels, channels, rng.fork(0)),
      to_k(channels, channels, rng.fork(1)),
      to_v(channels, channels, rng.fork(2)),
      to_out{Linear(channels, channels, rng.fork(3), Init::zero)},
      heads(heads) {
  check_heads(channels, heads);
}

Tensor Attention::operator()(const Tensor& x) const {
  const Tensor normal = group_norm.weight.defined() ? group_norm(x) : x;
  const Tensor rows = pixels(normal);
  const Tensor mixed = fokker::attention(to_q(rows), to_k(rows), to_v(rows), heads);
  const Tensor result = x + reshape(to_out[0](mixed), x.shape());
  return divisor == 1 ? result : result / divisor;
}

void Attention::visit(const ParameterVisitor& visitor) {
  if (group_norm.weight.defined()) visitor("group_norm", group_norm);
  visitor("to_q", to_q);
  visitor("to_k", to_k);
  visitor("to_v", to_v);
  visitor("to_out", to_out);
}

CrossAttention::CrossAttention(std::int64_t channels, std::int64_t width, int heads, int groups, const Rng& rng)
    : norm2(channels, groups),
      to_q(channels, channels, rng.fork(0)),
      to_k(width, channels, rng.fork(1)),
      to_v(width, channels, rng.fork(2)),
      to_out{Linear(channels, channels, rng.fork(3), Init::zero)},
      heads(heads) {
  check_heads(channels, heads);
}

Tensor CrossAttention::operator()(const Tensor& x, const Tensor& tokens, const Tensor& key_bias) const {
  const Tensor mixed = fokker::attention(to_q(pixels(norm2(x))), to_k(tokens), to_v(tokens), heads, key_bias);
  return x + reshape(to_out[0](mixed), x.shape());
}

void CrossAttention::visit(const ParameterVisitor& visitor) {
  visitor("norm2", norm2);
  visitor("attn2.to_q", to_q);
  visitor("attn2.to_k", to_k);
  visitor("attn2.to_v", to_v);
  visitor("attn2.to_out", to_out);
}

}  // namespace fokker
