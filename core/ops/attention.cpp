#include <cmath>

#include "fokker/core/base/flops.h"
#include "fokker/core/kernels/kernels.h"
#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/matmul.h"
#include "fokker/core/ops/reduce.h"
#include "fokker/core/ops/view.h"

namespace fokker {
namespace {

double scale_of(const Tensor& q, int heads) { return 1 / std::sqrt(static_cast<double>(q.extent(2) / heads)); }

struct Operands {
  Tensor q, k, v, key_bias;
  int heads;
};

kernels::AttentionArguments arguments(const Operands& x) {
  return {.batch = x.q.extent(0),
          .queries = x.q.extent(1),
          .keys = x.k.extent(1),
          .heads = x.heads,
          .size = x.q.extent(2) / x.heads,
          .scale = scale_of(x.q, x.heads),
          .q = x.q.raw(),
          .k = x.k.raw(),
          .v = x.v.raw(),
          .key_bias = x.key_bias.defined() ? x.key_bias.raw() : nullptr};
}

/// [B, T, heads·d] → [B, heads, T, d], and back
Tensor split_heads(const Tensor& x, int heads) {
  return permute(reshape(x, {x.extent(0), x.extent(1), heads, x.extent(2) / heads}), {0, 2, 1, 3});
}
Tensor join_heads(const Tensor& x) {
  return reshape(permute(x, {0, 2, 1, 3}), {x.extent(0), x.extent(2), x.extent(1) * x.extent(3)});
}

/// [B, S] → [B, 1, 1, S], for logits [B, heads, T, S]
Tensor by_key(const Tensor& bias) { return reshape(bias, {bias.extent(0), 1, 1, bias.extent(1)}); }

/// The gradients in ops that have gradients themselves: for create_graph.
Gradients differentiable_gradients(const Operands& x, const Tensor& dy) {
  constexpr Transpose no = Transpose::no, yes = Transpose::yes;
  const double scale = scale_of(x.q, x.heads);
  const Tensor queries = split_heads(x.q * scale, x.heads), keys = split_heads(x.k, x.heads),
               values = split_heads(x.v, x.heads), d = split_heads(dy, x.heads);
  const Tensor logits = matmul(queries, keys, no, yes);
  const Tensor weights = softmax(x.key_bias.defined() ? logits + by_key(x.key_bias) : logits);
  const Tensor by_weight = matmul(d, values, no, yes);
  const Tensor by_logit = weights * (by_weight - sum(by_weight * weights, {3}, true));
  return {join_heads(matmul(by_logit, keys)) * scale, join_heads(matmul(by_logit, queries, yes)),
          join_heads(matmul(weights, d, yes))};
}

}  // namespace

Tensor attention(const Tensor& q, const Tensor& k, const Tensor& v, int heads, const Tensor& key_bias) {
  require<ShapeError>(
      q.rank() == 3 && k.rank() == 3 && k.shape() == v.shape() && q.extent(0) == k.extent(0) && k.extent(1) > 0 &&
          q.extent(2) == k.extent(2) && q.extent(2) > 0 && heads > 0 && q.extent(2) % heads == 0 &&
          q.dtype() == k.dtype() && q.dtype() == v.dtype(),
      "[attention] expected q [B, T, C] and k, v [B, S, C] with S > 0 and C > 0 a multiple of {} heads, got {}, {}, {}",
      heads, q.shape(), k.shape(), v.shape());
  require<ShapeError>(
      !key_bias.defined() || (key_bias.shape() == Shape{k.extent(0), k.extent(1)} && key_bias.dtype() == k.dtype()),
      "[attention] expected key_bias [{}, {}] of the keys' dtype, got {}", k.extent(0), k.extent(1), key_bias.shape());
  const Operands x{q, k, v, key_bias.detach(), heads};
  Tensor y = Tensor::empty(q.shape(), q.dtype());
  const Tensor logsums = Tensor::empty({q.extent(0), heads, q.extent(1)}, q.dtype());
  const std::int64_t products = 4 * q.size() * k.extent(1);  // operations of q kᵀ and of the weights with v
  count_operations(products);
  kernels::attention(q.dtype()).forward(arguments(x), y.raw(), Tensor(logsums).raw());
  return record(Op::attention, inputs(q, k, v), std::move(y), [=](const Tensor& y, const Tensor& dy) {
    if (recording()) return differentiable_gradients(x, dy);
    Tensor dq = Tensor::empty(x.q.shape(), x.q.dtype()), dk = Tensor::empty(x.k.shape(), x.k.dtype()),
           dv = Tensor::empty(x.v.shape(), x.v.dtype());
    count_operations(2 * products);
    kernels::attention(x.q.dtype())
        .backward(
            arguments(x),
            {.y = y.raw(), .logsums = logsums.raw(), .dy = dy.raw(), .dq = dq.raw(), .dk = dk.raw(), .dv = dv.raw()});
    return Gradients{dq, dk, dv};
  });
}

}  // namespace fokker
