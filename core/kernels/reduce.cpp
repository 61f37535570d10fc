#include "fokker/core/kernels/isa.h"
#include "fokker/core/kernels/vector_wide.h"

namespace fokker::kernels::FOKKER_ISA {

void softmax_f32(const void* x, void* out, std::int64_t rows, std::int64_t columns);
void softmax_f64(const void* x, void* out, std::int64_t rows, std::int64_t columns);
void logsumexp_f32(const void* x, void* out, std::int64_t rows, std::int64_t columns);
void logsumexp_f64(const void* x, void* out, std::int64_t rows, std::int64_t columns);
void softmax_backward_f32(const void* y, const void* dy, void* dx, std::int64_t rows, std::int64_t columns);
void softmax_backward_f64(const void* y, const void* dy, void* dx, std::int64_t rows, std::int64_t columns);

namespace {

constexpr int wide = lanes<double>;

/// Σ f(x) in double, in an order that n alone decides.
template <class T, class F>
FOKKER_INLINE double sum_row(const T* x, std::int64_t n, F f) {
  F64 sum[4] = {};
  std::int64_t i = 0;
  for (; i + 4 * wide <= n; i += 4 * wide)
    for (int k = 0; k < 4; ++k) sum[k] += f(load_wide(x + i + k * wide));
  for (; i + wide <= n; i += wide) sum[0] += f(load_wide(x + i));
  if (i < n) sum[1] += f(load_wide_partial(x + i, n - i));
  return tree_sum((sum[0] + sum[1]) + (sum[2] + sum[3]));
}

/// Columns [first, first + wide) of x [reduced, inner], summed downwards.
template <class T, class Read>
FOKKER_INLINE F64 sum_columns(const T* x, std::int64_t reduced, std::int64_t inner, Read read) {
  F64 sum[4] = {};
  std::int64_t r = 0;
  for (; r + 4 <= reduced; r += 4)
    for (int k = 0; k < 4; ++k) sum[k] += read(x + (r + k) * inner);
  for (; r < reduced; ++r) sum[0] += read(x + r * inner);
  return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

template <class T>
void sum_rows_of_block(const T* x, T* out, std::int64_t reduced, std::int64_t inner) {
  const auto write = [&](std::int64_t c, F64 sum, std::int64_t count) {
    for (int k = 0; k < count; ++k) out[c + k] = static_cast<T>(sum[k]);
  };
  std::int64_t c = 0;
  for (; c + wide <= inner; c += wide)
    write(c, sum_columns(x + c, reduced, inner, [](const T* p) { return load_wide(p); }), wide);
  const std::int64_t rest = inner - c;
  if (rest > 0)
    write(c, sum_columns(x + c, reduced, inner, [rest](const T* p) { return load_wide_partial(p, rest); }), rest);
}

template <class T>
void sum(const void* in, void* result, std::int64_t outer, std::int64_t reduced, std::int64_t inner) {
  const T* x = static_cast<const T*>(in);
  T* out = static_cast<T*>(result);
  const auto same = [](F64 v) __attribute__((always_inline)) { return v; };
  if (inner == 1 && reduced <= 8) {
    for (std::int64_t o = 0; o < outer; ++o, x += reduced) {
      double total = 0;
      for (std::int64_t r = 0; r < reduced; ++r) total += static_cast<double>(x[r]);
      out[o] = static_cast<T>(total);
    }
  } else if (inner == 1) {
    for (std::int64_t o = 0; o < outer; ++o) out[o] = static_cast<T>(sum_row(x + o * reduced, reduced, same));
  } else {
    for (std::int64_t o = 0; o < outer; ++o)
      sum_rows_of_block(x + o * reduced * inner, out + o * inner, reduced, inner);
  }
}

/// The larger one, or NaN where either is.
template <class V>
FOKKER_INLINE V larger(V a, V b) {
  return (a >= b) | (a != a) ? a : b;
}
template <class T>
FOKKER_INLINE T larger_scalar(T a, T b) {
  return a >= b || a != a ? a : b;
}

template <class T>
T max_row(const T* x, std::int64_t n) {
  using V = VectorOf<T>;
  T best = x[0];
  std::int64_t i = 0;
  if (n >= lanes<T>) {
    V top = load<V>(x);
    for (i = lanes<T>; i + lanes<T> <= n; i += lanes<T>) top = larger(top, load<V>(x + i));
    best = top[0];
    for (int k = 1; k < lanes<T>; ++k) best = larger_scalar(best, static_cast<T>(top[k]));
  }
  for (; i < n; ++i) best = larger_scalar(best, x[i]);
  return best;
}

template <class T>
void max(const void* in, void* result, std::int64_t outer, std::int64_t reduced, std::int64_t inner) {
  using V = VectorOf<T>;
  const T* x = static_cast<const T*>(in);
  T* out = static_cast<T*>(result);
  for (std::int64_t o = 0; o < outer; ++o, x += reduced * inner, out += inner) {
    if (inner == 1) {
      out[0] = max_row(x, reduced);
      continue;
    }
    std::int64_t c = 0;
    for (; c + lanes<T> <= inner; c += lanes<T>) {
      V top = load<V>(x + c);
      for (std::int64_t r = 1; r < reduced; ++r) top = larger(top, load<V>(x + r * inner + c));
      store(out + c, top);
    }
    for (; c < inner; ++c) {
      T top = x[c];
      for (std::int64_t r = 1; r < reduced; ++r) top = larger_scalar(top, x[r * inner + c]);
      out[c] = top;
    }
  }
}

template <class T>
double sum_of_squares(const void* x, std::int64_t n) {
  return sum_row(
      static_cast<const T*>(x), n, [](F64 v) __attribute__((always_inline)) { return v * v; });
}

}  // namespace

extern constexpr ByDtype<Reduce> reduce_table{
    {sum<float>, max<float>, softmax_f32, logsumexp_f32, softmax_backward_f32, sum_of_squares<float>},
    {sum<double>, max<double>, softmax_f64, logsumexp_f64, softmax_backward_f64, sum_of_squares<double>}};

}  // namespace fokker::kernels::FOKKER_ISA
