#include "fokker/core/ops/matmul.h"

#include "fokker/core/base/flops.h"
#include "fokker/core/kernels/kernels.h"
#include "fokker/core/ops/dnnl.h"
#include "fokker/core/ops/operand.h"
#include "fokker/core/ops/reduce.h"
#include "fokker/core/ops/view.h"

namespace fokker {
namespace {

using detail::Operand;

constexpr bool set(Transpose t) { return t == Transpose::yes; }

/// The extents of one product: a [batch, m, k] b [batch or 1, k, n].
struct Product {
  std::int64_t batch = 1, m, n, k;
  bool shared_b;
  Shape out;

  Product(const Shape& a, const Shape& b, Transpose ta, Transpose tb) {
    m = a[a.rank() - (set(ta) ? 1 : 2)];
    k = a[a.rank() - (set(ta) ? 2 : 1)];
    n = b[b.rank() - (set(tb) ? 2 : 1)];
    const std::int64_t k_of_b = b[b.rank() - (set(tb) ? 1 : 2)];
    shared_b = b.rank() == 2;
    bool fits = k == k_of_b && (shared_b || b.rank() == a.rank());
    out = with_extent(with_extent(a, a.rank() - 1, n), a.rank() - 2, m);
    for (int i = 0; i < a.rank() - 2; ++i) {
      batch *= a[i];
      fits = fits && (shared_b || a[i] == b[i]);
    }
    require<ShapeError>(fits, "[matmul] {}{} and {}{} do not fit: expected a [..., M, K] and b [..., K, N] or [K, N]",
                        a, set(ta) ? "ᵀ" : "", b, set(tb) ? "ᵀ" : "");
    if (shared_b && !set(ta)) {  // one tall product
      m *= batch;
      batch = 1;
    }
  }
};

Tensor product(const Tensor& a, const Tensor& b, Transpose ta, Transpose tb) {
  const Product p(a.shape(), b.shape(), ta, tb);
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

/// x [..., C] as a matrix.
Tensor as_matrix(const Tensor& x) {
  std::int64_t rows = 1;
  for (int i = 0; i + 1 < x.rank(); ++i) rows *= x.extent(i);
  return reshape(x, {rows, x.extent(-1)});
}

/// Sum over the leading axes of the batched gradient of a shared b.
Tensor sum_batches(const Tensor& db) {
  std::int64_t batches = 1;
  for (int i = 0; i + 2 < db.rank(); ++i) batches *= db.extent(i);
  return sum(reshape(db, {batches, db.extent(-2), db.extent(-1)}), {0});
}

Tensor gradient_by_a(const Tensor& dy, const Tensor& b, Transpose ta, Transpose tb) {
  if (!set(ta)) return matmul(dy, b, Transpose::no, set(tb) ? Transpose::no : Transpose::yes);
  if (b.rank() == dy.rank()) return matmul(b, dy, tb, Transpose::yes);
  return transpose(matmul(dy, b, Transpose::no, set(tb) ? Transpose::no : Transpose::yes));
}

Tensor gradient_by_b(const Tensor& dy, const Tensor& a, const Tensor& b, Transpose ta, Transpose tb) {
  const bool shared = b.rank() == 2;
  if (shared && !set(ta)) {
    const Tensor x = as_matrix(a), d = as_matrix(dy);
    return set(tb) ? matmul(d, x, Transpose::yes) : matmul(x, d, Transpose::yes);
  }
  const Transpose flipped = set(ta) ? Transpose::no : Transpose::yes;
  const Tensor db = set(tb) ? matmul(dy, a, Transpose::yes, ta) : matmul(a, dy, flipped);
  return shared && db.rank() > 2 ? sum_batches(db) : db;
}

/// One product of matrices that hold bf16, in f32.
Tensor rounded_product(const Operand& a, const Operand& b, const detail::ProductShape& p, const Shape& shape) {
  if (!detail::dnnl_has_bf16()) {
    const Tensor left = a.tensor().view(p.transpose_a ? Shape{p.k, p.m} : Shape{p.m, p.k});
    const Tensor right = b.tensor().view(p.transpose_b ? Shape{p.n, p.k} : Shape{p.k, p.n});
    return product(left, right, Transpose{p.transpose_a}, Transpose{p.transpose_b}).view(shape);
  }
  Tensor out = Tensor::empty(shape);
  if (p.k == 0) return Tensor::zeros(shape);
  if (out.size() > 0) detail::dnnl_product(p, a.data(), b.data(), out.data<float>().data());
  return out;
}

/// a [..., K] times the matrix b, a's leading axes being rows.
Tensor matmul_in_bf16(const Tensor& a, const Tensor& b, Transpose ta, Transpose tb) {
  const Product p(a.shape(), b.shape(), ta, tb);
  const Operand x(a, Precision::bf16), w(b, Precision::bf16);
  Tensor y = rounded_product(x, w, {p.m, p.n, p.k, set(ta), set(tb)}, p.out);
  return record(Op::matmul, inputs(a, b), std::move(y), [x, w, p, ta, tb](const Tensor& dy) {
    if (recording()) {
      const MixedPrecision scope(Precision::bf16);
      const Tensor left = x.tensor(), right = w.tensor();
      return Gradients{when(left, [&] { return gradient_by_a(dy, right, ta, tb); }),
                       when(right, [&] { return gradient_by_b(dy, left, right, ta, tb); })};
    }
    const Operand d(dy, Precision::bf16);
    const auto by_a = [&] {
      return set(ta) ? rounded_product(w, d, {p.k, p.m, p.n, set(tb), true}, x.shape())
                     : rounded_product(d, w, {p.m, p.k, p.n, false, !set(tb)}, x.shape());
    };
    const auto by_b = [&] {
      return set(tb) ? rounded_product(d, x, {p.n, p.k, p.m, true, set(ta)}, w.shape())
                     : rounded_product(x, d, {p.k, p.n, p.m, !set(ta), false}, w.shape());
    };
    return Gradients{when(x.on_tape(), by_a), when(w.on_tape(), by_b)};
  });
}

}  // namespace

Tensor matmul(const Tensor& a, const Tensor& b, Transpose ta, Transpose tb) {
  require<ShapeError>(a.rank() >= 2 && b.rank() >= 2 && a.dtype() == b.dtype(),
                      "[matmul] expected two tensors of one dtype with at least two axes, got {} {} and {} {}",
                      to_string(a.dtype()), a.shape(), to_string(b.dtype()), b.shape());
  const bool one_product = b.rank() == 2 && (a.rank() == 2 || !set(ta));
  if (precision() == Precision::bf16 && a.dtype() == Dtype::f32 && one_product) return matmul_in_bf16(a, b, ta, tb);
  return record(Op::matmul, inputs(a, b), product(a, b, ta, tb), [a, b, ta, tb](const Tensor& dy) {
    return Gradients{when(a, [&] { return gradient_by_a(dy, b, ta, tb); }),
                     when(b, [&] { return gradient_by_b(dy, a, b, ta, tb); })};
  });
}

}  // namespace fokker
