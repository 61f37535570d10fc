#pragma once

#include <cstdint>
#include <string_view>

#include "fokker/core/base/tensor.h"
#include "fokker/core/kernels/attention_table.h"
#include "fokker/core/kernels/bf16_table.h"
#include "fokker/core/kernels/update_table.h"

namespace fokker::kernels {

// Raw loops behind the ops, single-threaded.  Each .cpp of this folder is compiled once for every instruction set
// (baseline, x86-64-v3, x86-64-v4) and yields one table of function pointers.  `table()` picks the best that the CPU
// has.  Pointers are `const void*` in the dtype that selects the table row.  A result never depends on an element's
// position in the array, so that shards and batches may be cut anywhere.

enum class Unary : std::uint8_t {
  exp,
  expm1,
  log,
  log1p,
  sqrt,
  reciprocal,
  square,
  sin,
  cos,
  tanh,
  sigmoid,
  silu,
  relu,
  step,
  softplus,
  abs,
  sign,
  erf,
  count
};
enum class Binary : std::uint8_t { add, subtract, multiply, divide, maximum, minimum, greater, equal, count };

/// a and b as [outer, inner] with strides in elements (inner stride 0 or 1); out is contiguous.
struct BinaryLayout {
  std::int64_t outer, inner;
  std::int64_t a_outer, a_inner, b_outer, b_inner;
};

struct Elementwise {
  void (*unary)(Unary, const void* x, void* out, std::int64_t n);
  void (*power)(const void* x, double exponent, void* out, std::int64_t n);
  void (*binary)(Binary, const void* a, const void* b, void* out, const BinaryLayout&);
  /// out = Σ weights[k]·x[k], count ≤ 3
  void (*weighted_sum)(const double* weights, const void* const* x, int count, void* out, std::int64_t n);
  /// out += x
  void (*accumulate)(const void* x, void* out, std::int64_t n);
};

struct Reduce {
  /// x [outer, reduced, inner] → out [outer, inner]
  void (*sum)(const void* x, void* out, std::int64_t outer, std::int64_t reduced, std::int64_t inner);
  void (*max)(const void* x, void* out, std::int64_t outer, std::int64_t reduced, std::int64_t inner);
  /// softmax, logsumexp and softmax_backward work on rows of the last axis.
  void (*softmax)(const void* x, void* out, std::int64_t rows, std::int64_t columns);
  void (*logsumexp)(const void* x, void* out, std::int64_t rows, std::int64_t columns);
  /// dx = y·(dy − Σ dy·y)
  void (*softmax_backward)(const void* y, const void* dy, void* dx, std::int64_t rows, std::int64_t columns);
  /// Σ x² in double
  double (*sum_of_squares)(const void* x, std::int64_t n);
};

/// C [M, N] = op(A) op(B) (+ C where accumulate), row-major with leading dimensions.  K is summed in one fixed order,
/// so that the bits of a row of C do not depend on M.
struct GemmArguments {
  std::int64_t m, n, k;
  const void* a;
  std::int64_t lda;
  bool transpose_a;
  const void* b;
  std::int64_t ldb;
  bool transpose_b;
  void* c;
  std::int64_t ldc;
  bool accumulate;
};

/// x [batch, pixels, channels], groups dividing channels; statistics [batch, groups, 2] = (mean, 1/√(var + ε)).
struct NormArguments {
  std::int64_t batch, pixels, channels, groups;
  double epsilon;
  bool silu;
};

struct Linear {
  void (*gemm)(const GemmArguments&);
  void (*norm_forward)(const NormArguments&, const void* x, const void* scale, const void* shift, void* y,
                       void* statistics);
  /// dx, and dscale and dshift [channels], which are overwritten.
  void (*norm_backward)(const NormArguments&, const void* x, const void* scale, const void* shift,
                        const void* statistics, const void* dy, void* dx, void* dscale, void* dshift);
};

/// Philox4x32-10 counters (block, step, stream) under the key `seed`; see core/ops/rng.h.
struct Random {
  /// Elements [first, first + n) of the standard normal and uniform [0, 1) streams.
  void (*normal)(std::uint64_t seed, std::uint32_t stream, std::uint32_t step, std::uint64_t first, void* out,
                 std::int64_t n);
  void (*uniform)(std::uint64_t seed, std::uint32_t stream, std::uint32_t step, std::uint64_t first, void* out,
                  std::int64_t n);
};

template <class Group>
struct ByDtype {
  Group f32, f64;
  const Group& operator[](Dtype dtype) const { return dtype == Dtype::f32 ? f32 : f64; }
};

struct Table {
  const char* name;  // "baseline", "x86-64-v3", "x86-64-v4"
  ByDtype<Elementwise> elementwise;
  ByDtype<Reduce> reduce;
  ByDtype<Linear> linear;
  ByDtype<Attention> attention;
  ByDtype<Update> update;
  ByDtype<Random> random;
  Bf16 bf16;
};

/// The best table for this CPU; the environment variable FOKKER_ISA (baseline, v3, v4) can only lower it.
const Table& table();
/// The table of that name, "baseline", "v3" or "v4"; null where the CPU cannot run it.
const Table* table(std::string_view name);

inline const Elementwise& elementwise(Dtype dtype) { return table().elementwise[dtype]; }
inline const Reduce& reduce(Dtype dtype) { return table().reduce[dtype]; }
inline const Linear& linear(Dtype dtype) { return table().linear[dtype]; }
inline const Attention& attention(Dtype dtype) { return table().attention[dtype]; }
inline const Update& update(Dtype dtype) { return table().update[dtype]; }
inline const Random& random(Dtype dtype) { return table().random[dtype]; }
inline const Bf16& bf16() { return table().bf16; }

}  // namespace fokker::kernels
