#include <cmath>

#include "fokker/core/kernels/kernels.h"
#include "fokker/core/operations.h"
#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/matmul.h"
#include "fokker/core/ops/reduce.h"
#include "fokker/core/ops/view.h"

namespace fokker {
namespace {

double scale_of(const Tensor& q, int heads) { return 1 / std::sqrt(static_cast<double>(q.extent(2) / heads)); }

kernels::AttentionArguments arguments(const Tensor& q, const Tensor& k, const Tensor& v, int heads) {
  return {.batch = q.extent(0),
          .queries = q.extent(1),
          .keys = k.extent(1),
          .heads = heads,
          .size = q.extent(2) / heads,
          .scale = scale_of(q, heads),
          .q = q.raw(),
          .k = k.raw(),
          .v = v.raw()};
}

/// [B, T, heads·d] → [B, heads, T, d], and back
Tensor split_heads(const Tensor& x, int heads) {
  return permute(reshape(x, {x.extent(0), x.extent(1), heads, x.extent(2) / heads}), {0, 2, 1, 3});
}
Tensor join_heads(const Tensor& x) {
  return reshape(permute(x, {0, 2, 1, 3}), {x.extent(0), x.extent(2), x.extent(1) * x.extent(3)});
}

/// The gradients in ops that have gradients themselves: for create_graph.
Gradients differentiable_gradients(const Tensor& q, const Tensor& k, const Tensor& v, int heads, const Tensor& dy) {
  constexpr Transpose no = Transpose::no, yes = Transpose::yes;
  const Tensor queries = split_heads(q * scale_of(q, heads), heads), keys = split_heads(k, heads),
               values = split_heads(v, heads), d = split_heads(dy, heads);
  const Tensor weights = softmax(matmul(queries, keys, no, yes));
  const Tensor by_weight = matmul(d, values, no, yes);
  const Tensor by_logit = weights * (by_weight - sum(by_weight * weights, {3}, true));
  return {join_heads(matmul(by_logit, keys)) * scale_of(q, heads), join_heads(matmul(by_logit, queries, yes)),
          join_heads(matmul(weights, d, yes))};
}

}  // namespace

Tensor attention(const Tensor& q, const Tensor& k, const Tensor& v, int heads) {
  require<ShapeError>(
      q.rank() == 3 && k.rank() == 3 && k.shape() == v.shape() && q.extent(0) == k.extent(0) &&
          q.extent(2) == k.extent(2) && heads > 0 && q.extent(2) % heads == 0 && q.dtype() == k.dtype() &&
          q.dtype() == v.dtype(),
      "[attention] expected q [B, T, C] and k, v [B, S, C] with C a multiple of {} heads, got {}, {}, {}", heads,
      q.shape(), k.shape(), v.shape());
  Tensor y = Tensor::empty(q.shape(), q.dtype());
  const Tensor logsums = Tensor::empty({q.extent(0), heads, q.extent(1)}, q.dtype());
  const std::int64_t products = 4 * q.size() * k.extent(1);  // of q kᵀ and of the weights with v
  count_operations(products);
  kernels::attention(q.dtype()).forward(arguments(q, k, v, heads), y.raw(), Tensor(logsums).raw());
  return record(Op::attention, inputs(q, k, v), std::move(y), [=](const Tensor& y, const Tensor& dy) {
    if (recording()) return differentiable_gradients(q, k, v, heads, dy);
    Tensor dq = Tensor::empty(q.shape(), q.dtype()), dk = Tensor::empty(k.shape(), k.dtype()),
           dv = Tensor::empty(v.shape(), v.dtype());
    count_operations(2 * products);
    kernels::attention(q.dtype()).backward(
        arguments(q, k, v, heads),
        {.y = y.raw(), .logsums = logsums.raw(), .dy = dy.raw(), .dq = dq.raw(), .dk = dk.raw(), .dv = dv.raw()});
    return Gradients{dq, dk, dv};
  });
}

}  // namespace fokker
