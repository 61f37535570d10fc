#include "fokker/core/kernels/vector_logarithm.h"

namespace fokker::kernels::FOKKER_ISA {
namespace {

/// Rows of a power of two ≤ lanes columns lie side by side in a vector, and are reduced by butterflies; others fill
/// vectors of their own, padded in the last one.
template <class T>
constexpr bool packs(std::int64_t columns) {
  return columns <= lanes<T> && (columns & (columns - 1)) == 0;
}

/// Lane i of the result is lane i xor `distance`.
template <class V>
FOKKER_INLINE V exchanged(V v, int distance) {
  using I = IntOf<V>;
  I index;
  for (int i = 0; i < lanes<ElementOf<V>>; ++i) index[i] = i ^ distance;
  return __builtin_shuffle(v, index);
}

/// `combine` over each group of `columns` lanes, in every lane.
template <int columns, class V, class F>
FOKKER_INLINE V group_reduce(V v, F combine) {
#pragma GCC unroll 8
  for (int distance = 1; distance < columns; distance *= 2) v = combine(v, exchanged(v, distance));
  return v;
}

struct Add {
  template <class V>
  FOKKER_INLINE V operator()(V a, V b) const {
    return a + b;
  }
};
struct Larger {
  template <class V>
  FOKKER_INLINE V operator()(V a, V b) const {
    return (a >= b) | (a != a) ? a : b;
  }
};

/// An infinite maximum is not subtracted: −∞ − −∞ would be NaN.
template <class V>
FOKKER_INLINE V finite_or_zero(V top) {
  return absolute(top) == infinity<ElementOf<V>> ? V{} : top;
}

/// What a row holds after its maximum and Σ e^(x − maximum) are known.
enum class Form : std::uint8_t { softmax, logsumexp };

template <Form form, int columns, class V>
FOKKER_INLINE V packed_form(V x) {
  const V top = finite_or_zero(group_reduce<columns>(x, Larger{}));
  const V e = exp(x - top);
  const V total = group_reduce<columns>(e, Add{});
  if constexpr (form == Form::softmax)
    return e / total;
  else
    return top + log(total);
}

template <Form form, int columns, class T>
void packed_rows(const T* x, T* out, std::int64_t rows) {
  using V = VectorOf<T>;
  constexpr int step = form == Form::softmax ? lanes<T> : lanes<T> / columns;
  const std::int64_t n = rows * columns;
  const auto write = [&](T* to, V v, std::int64_t count) {
    if constexpr (form == Form::softmax) {
      if (count == lanes<T>)
        store(to, v);
      else
        store_partial(to, v, count);
    } else {
      for (int i = 0; i < count; i += columns) *to++ = v[i];
    }
  };
  std::int64_t i = 0;
  for (; i + lanes<T> <= n; i += lanes<T>, out += step)
    write(out, packed_form<form, columns>(load<V>(x + i)), lanes<T>);
  if (i < n) write(out, packed_form<form, columns>(load_partial(x + i, n - i)), n - i);
}

template <Form form, class T>
void packed(const T* x, T* out, std::int64_t rows, std::int64_t columns) {
  switch (columns) {
    case 1: return packed_rows<form, 1>(x, out, rows);
    case 2: return packed_rows<form, 2>(x, out, rows);
    case 4:
      if constexpr (lanes<T> >= 4) return packed_rows<form, 4>(x, out, rows);
      break;
    case 8:
      if constexpr (lanes<T> >= 8) return packed_rows<form, 8>(x, out, rows);
      break;
    case 16:
      if constexpr (lanes<T> >= 16) return packed_rows<form, 16>(x, out, rows);
      break;
  }
}

/// The last, padded vector of a row: lanes from n on hold `padding`.
template <class T>
FOKKER_INLINE VectorOf<T> load_padded(const T* x, std::int64_t n, T padding) {
  T buffer[lanes<T>];
  for (int i = 0; i < lanes<T>; ++i) buffer[i] = i < n ? x[i] : padding;
  return load<VectorOf<T>>(buffer);
}

template <class T>
T row_maximum(const T* x, std::int64_t columns) {
  using V = VectorOf<T>;
  V top = splat<V>(-infinity<T>);
  std::int64_t i = 0;
  for (; i + lanes<T> <= columns; i += lanes<T>) top = Larger{}(top, load<V>(x + i));
  if (i < columns) top = Larger{}(top, load_padded(x + i, columns - i, -infinity<T>));
  return group_reduce<lanes<T>>(top, Larger{})[0];
}

/// Σ e^(x − top), and the terms into out unless it is null.
template <class T>
T exponentials(const T* x, T top, T* out, std::int64_t columns) {
  using V = VectorOf<T>;
  V total{};
  std::int64_t i = 0;
  for (; i + lanes<T> <= columns; i += lanes<T>) {
    const V e = exp(load<V>(x + i) - top);
    if (out) store(out + i, e);
    total += e;
  }
  if (i < columns) {
    const V e = exp(load_padded(x + i, columns - i, -infinity<T>) - top);
    if (out) store_partial(out + i, e, columns - i);
    total += e;
  }
  return group_reduce<lanes<T>>(total, Add{})[0];
}

template <class T>
void softmax(const void* in, void* result, std::int64_t rows, std::int64_t columns) {
  using V = VectorOf<T>;
  const T* x = static_cast<const T*>(in);
  T* out = static_cast<T*>(result);
  if (packs<T>(columns)) return packed<Form::softmax>(x, out, rows, columns);
  for (std::int64_t r = 0; r < rows; ++r, x += columns, out += columns) {
    const T top = finite_or_zero(splat<V>(row_maximum(x, columns)))[0];
    const V total = splat<V>(exponentials(x, top, out, columns));
    std::int64_t i = 0;
    for (; i + lanes<T> <= columns; i += lanes<T>) store(out + i, load<V>(out + i) / total);
    if (i < columns) store_partial(out + i, load_partial(out + i, columns - i) / total, columns - i);
  }
}

template <class T>
void logsumexp(const void* in, void* result, std::int64_t rows, std::int64_t columns) {
  using V = VectorOf<T>;
  const T* x = static_cast<const T*>(in);
  T* out = static_cast<T*>(result);
  if (packs<T>(columns)) return packed<Form::logsumexp>(x, out, rows, columns);
  for (std::int64_t r = 0; r < rows; ++r, x += columns) {
    const T top = finite_or_zero(splat<V>(row_maximum(x, columns)))[0];
    out[r] = top + log(splat<V>(exponentials(x, top, static_cast<T*>(nullptr), columns)))[0];
  }
}

template <int columns, class T>
void packed_backward(const T* y, const T* dy, T* dx, std::int64_t n) {
  using V = VectorOf<T>;
  const auto form = [](V a, V b) __attribute__((always_inline)) {
    return a * (b - group_reduce<columns>(a * b, Add{}));
  };
  std::int64_t i = 0;
  for (; i + lanes<T> <= n; i += lanes<T>) store(dx + i, form(load<V>(y + i), load<V>(dy + i)));
  if (i < n) store_partial(dx + i, form(load_partial(y + i, n - i), load_partial(dy + i, n - i)), n - i);
}

template <class T>
void backward_row(const T* y, const T* dy, T* dx, std::int64_t columns) {
  using V = VectorOf<T>;
  V total{};
  std::int64_t i = 0;
  for (; i + lanes<T> <= columns; i += lanes<T>) total = fma(load<V>(y + i), load<V>(dy + i), total);
  if (i < columns) total = fma(load_partial(y + i, columns - i), load_partial(dy + i, columns - i), total);
  total = group_reduce<lanes<T>>(total, Add{});
  for (i = 0; i + lanes<T> <= columns; i += lanes<T>) store(dx + i, load<V>(y + i) * (load<V>(dy + i) - total));
  const std::int64_t rest = columns - i;
  if (rest > 0) store_partial(dx + i, load_partial(y + i, rest) * (load_partial(dy + i, rest) - total), rest);
}

template <class T>
void softmax_backward(const void* output, const void* d_output, void* d_input, std::int64_t rows,
                      std::int64_t columns) {
  const T *y = static_cast<const T*>(output), *dy = static_cast<const T*>(d_output);
  T* dx = static_cast<T*>(d_input);
  const std::int64_t n = rows * columns;
  if (columns == 2) return packed_backward<2>(y, dy, dx, n);
  if (columns == 4 && lanes<T> >= 4) return packed_backward < lanes<T> >= 4 ? 4 : 1 > (y, dy, dx, n);
  if (columns == 8 && lanes<T> >= 8) return packed_backward < lanes<T> >= 8 ? 8 : 1 > (y, dy, dx, n);
  for (std::int64_t r = 0; r < rows; ++r, y += columns, dy += columns, dx += columns) backward_row(y, dy, dx, columns);
}

}  // namespace

#define FOKKER_SOFTMAX(suffix, T)                                                                                    \
  void softmax_##suffix(const void* x, void* out, std::int64_t rows, std::int64_t columns) {                         \
    softmax<T>(x, out, rows, columns);                                                                               \
  }                                                                                                                  \
  void logsumexp_##suffix(const void* x, void* out, std::int64_t rows, std::int64_t columns) {                       \
    logsumexp<T>(x, out, rows, columns);                                                                             \
  }                                                                                                                  \
  void softmax_backward_##suffix(const void* y, const void* dy, void* dx, std::int64_t rows, std::int64_t columns) { \
    softmax_backward<T>(y, dy, dx, rows, columns);                                                                   \
  }
FOKKER_SOFTMAX(f32, float)
FOKKER_SOFTMAX(f64, double)

}  // namespace fokker::kernels::FOKKER_ISA
