#include "fokker/core/ops/matmul.h"

#include "fokker/core/kernels/kernels.h"
#include "fokker/core/operations.h"
#include "fokker/core/ops/reduce.h"
#include "fokker/core/ops/view.h"

namespace fokker {
namespace {

constexpr bool set(Transpose t) { return t == Transpose::yes; }

/// The extents of one product: a [batch, m, k] b [batch or 1, k, n].
struct Product {
  std::int64_t batch = 1, m, n, k;
  bool shared_b;
  Shape out;

  Product(const Tensor& a, const Tensor& b, Transpose ta, Transpose tb) {
    require<ShapeError>(a.rank() >= 2 && b.rank() >= 2 && a.dtype() == b.dtype(),
                        "[matmul] expected two tensors of one dtype with at least two axes, got {} {} and {} {}",
                        to_string(a.dtype()), a.shape(), to_string(b.dtype()), b.shape());
    m = a.extent(set(ta) ? -1 : -2);
    k = a.extent(set(ta) ? -2 : -1);
    n = b.extent(set(tb) ? -2 : -1);
    const std::int64_t k_of_b = b.extent(set(tb) ? -1 : -2);
    shared_b = b.rank() == 2;
    bool fits = k == k_of_b && (shared_b || b.rank() == a.rank());
    out = with_extent(with_extent(a.shape(), a.rank() - 1, n), a.rank() - 2, m);
    for (int i = 0; i < a.rank() - 2; ++i) {
      batch *= a.extent(i);
      fits = fits && (shared_b || a.extent(i) == b.extent(i));
    }
    require<ShapeError>(fits, "[matmul] {}{} and {}{} do not fit: expected a [..., M, K] and b [..., K, N] or [K, N]",
                        a.shape(), set(ta) ? "ᵀ" : "", b.shape(), set(tb) ? "ᵀ" : "");
    if (shared_b && !set(ta)) {  // one tall product
      m *= batch;
      batch = 1;
    }
  }
};

Tensor product(const Tensor& a, const Tensor& b, Transpose ta, Transpose tb) {
  const Product p(a, b, ta, tb);
  Tensor out = Tensor::empty(p.out, a.dtype());
  count_operations(2 * p.batch * p.m * p.n * p.k);
  const std::int64_t bytes = element_size(a.dtype());
  kernels::GemmArguments gemm{.m = p.m,
                              .n = p.n,
                              .k = p.k,
                              .a = a.raw(),
                              .lda = set(ta) ? p.m : p.k,
                              .transpose_a = set(ta),
                              .b = b.raw(),
                              .ldb = set(tb) ? p.k : p.n,
                              .transpose_b = set(tb),
                              .c = out.raw(),
                              .ldc = p.n,
                              .accumulate = false};
  for (std::int64_t i = 0; i < p.batch; ++i) {
    kernels::linear(a.dtype()).gemm(gemm);
    gemm.a = static_cast<const char*>(gemm.a) + p.m * p.k * bytes;
    if (!p.shared_b) gemm.b = static_cast<const char*>(gemm.b) + p.k * p.n * bytes;
    gemm.c = static_cast<char*>(gemm.c) + p.m * p.n * bytes;
  }
  return out;
}

Tensor flat_rows(const Tensor& x) { return reshape(x, {x.size() / x.extent(-1), x.extent(-1)}); }

/// Sum over the leading axes of the batched gradient of a shared b.
Tensor sum_batches(const Tensor& db) {
  const Tensor flat = reshape(db, {db.size() / (db.extent(-2) * db.extent(-1)), db.extent(-2), db.extent(-1)});
  return sum(flat, {0});
}

Tensor gradient_by_a(const Tensor& dy, const Tensor& b, Transpose ta, Transpose tb) {
  if (!set(ta)) return matmul(dy, b, Transpose::no, set(tb) ? Transpose::no : Transpose::yes);
  if (b.rank() == dy.rank()) return matmul(b, dy, tb, Transpose::yes);
  return transpose(matmul(dy, b, Transpose::no, set(tb) ? Transpose::no : Transpose::yes));
}

Tensor gradient_by_b(const Tensor& dy, const Tensor& a, const Tensor& b, Transpose ta, Transpose tb) {
  const bool shared = b.rank() == 2;
  if (shared && !set(ta)) {
    const Tensor x = flat_rows(a), d = flat_rows(dy);
    return set(tb) ? matmul(d, x, Transpose::yes) : matmul(x, d, Transpose::yes);
  }
  const Transpose flipped = set(ta) ? Transpose::no : Transpose::yes;
  const Tensor db = set(tb) ? matmul(dy, a, Transpose::yes, ta) : matmul(a, dy, flipped);
  return shared && db.rank() > 2 ? sum_batches(db) : db;
}

}  // namespace

Tensor matmul(const Tensor& a, const Tensor& b, Transpose ta, Transpose tb) {
  return record(Op::matmul, inputs(a, b), product(a, b, ta, tb), [a, b, ta, tb](const Tensor& dy) {
    return Gradients{when(a, [&] { return gradient_by_a(dy, b, ta, tb); }),
                     when(b, [&] { return gradient_by_b(dy, a, b, ta, tb); })};
  });
}

}  // namespace fokker
