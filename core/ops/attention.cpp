#include <cmath>

#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/matmul.h"
#include "fokker/core/ops/reduce.h"
#include "fokker/core/ops/view.h"

namespace fokker {
namespace {

/// [B, T, heads·d] → [B, heads, T, d]
Tensor split_heads(const Tensor& x, int heads) {
  return permute(reshape(x, {x.extent(0), x.extent(1), heads, x.extent(2) / heads}), {0, 2, 1, 3});
}

}  // namespace

Tensor attention(const Tensor& q, const Tensor& k, const Tensor& v, int heads) {
  require<ShapeError>(
      q.rank() == 3 && k.rank() == 3 && k.shape() == v.shape() && q.extent(0) == k.extent(0) &&
          q.extent(2) == k.extent(2) && heads > 0 && q.extent(2) % heads == 0,
      "[attention] expected q [B, T, C] and k, v [B, S, C] with C a multiple of {} heads, got {}, {}, {}", heads,
      q.shape(), k.shape(), v.shape());
  const double scale = 1 / std::sqrt(static_cast<double>(q.extent(2) / heads));
  const Tensor logits = matmul(split_heads(q * scale, heads), split_heads(k, heads), Transpose::no, Transpose::yes);
  const Tensor mixed = matmul(softmax(logits), split_heads(v, heads));
  return reshape(permute(mixed, {0, 2, 1, 3}), q.shape());
}

}  // namespace fokker
