#include "fokker/core/kernels/vector.h"

namespace fokker::kernels::FOKKER_ISA {
namespace {

/// How an operand runs along the inner axis.
enum class Run : std::uint8_t { contiguous, constant };

// max and min give a NaN of either side on.
template <Binary op, class V>
FOKKER_INLINE V apply(V a, V b) {
  if constexpr (op == Binary::add) return a + b;
  if constexpr (op == Binary::subtract) return a - b;
  if constexpr (op == Binary::multiply) return a * b;
  if constexpr (op == Binary::divide) return a / b;
  if constexpr (op == Binary::maximum) return (a >= b) | (a != a) ? a : b;
  if constexpr (op == Binary::minimum) return (a <= b) | (a != a) ? a : b;
  if constexpr (op == Binary::greater) return a > b ? splat<V>(1) : V{};
  if constexpr (op == Binary::equal) return a == b ? splat<V>(1) : V{};
}

template <Binary op, Run run_a, Run run_b, class T>
void row(const T* a, const T* b, T* out, std::int64_t n) {
  using V = VectorOf<T>;
  const V constant_a = splat<V>(*a), constant_b = splat<V>(*b);
  const auto whole_a = [&](std::int64_t i) { return run_a == Run::constant ? constant_a : load<V>(a + i); };
  const auto whole_b = [&](std::int64_t i) { return run_b == Run::constant ? constant_b : load<V>(b + i); };
  std::int64_t i = 0;
  for (; i + lanes<T> <= n; i += lanes<T>) store(out + i, apply<op>(whole_a(i), whole_b(i)));
  if (i == n) return;
  const V last_a = run_a == Run::constant ? constant_a : load_partial(a + i, n - i);
  const V last_b = run_b == Run::constant ? constant_b : load_partial(b + i, n - i);
  store_partial(out + i, apply<op>(last_a, last_b), n - i);
}

template <class T>
using Row = void (*)(const T* a, const T* b, T* out, std::int64_t n);

template <class T, Run run_a, Run run_b>
Row<T> row_of(Binary op) {
  constexpr Row<T> rows[] = {row<Binary::add, run_a, run_b, T>,      row<Binary::subtract, run_a, run_b, T>,
                             row<Binary::multiply, run_a, run_b, T>, row<Binary::divide, run_a, run_b, T>,
                             row<Binary::maximum, run_a, run_b, T>,  row<Binary::minimum, run_a, run_b, T>,
                             row<Binary::greater, run_a, run_b, T>,  row<Binary::equal, run_a, run_b, T>};
  return rows[static_cast<int>(op)];
}

/// One operand as rows [outer, inner].
template <class T>
struct Operand {
  const T* data;
  std::int64_t outer, inner;  // strides

  bool flat(std::int64_t extent) const { return inner == 1 && outer == extent; }

  /// Rows [begin, begin + count) of short rows, written side by side.
  void expand(std::int64_t begin, std::int64_t count, std::int64_t extent, T* to) const {
    if (extent == 2 && inner == 0) {  // the state of a two-dimensional path times a number a path
      const T* from = data + begin * outer;
      for (std::int64_t r = 0; r < count; ++r) to[2 * r] = to[2 * r + 1] = from[r * outer];
      return;
    }
    for (std::int64_t r = 0; r < count; ++r) {
      const T* from = data + (begin + r) * outer;
      for (std::int64_t i = 0; i < extent; ++i) *to++ = from[i * inner];
    }
  }
};

/// Rows shorter than a few vectors: chunks of them are laid out flat first.
template <class T>
void short_rows(Binary op, const Operand<T>& a, const Operand<T>& b, T* out, const BinaryLayout& l) {
  constexpr std::int64_t room = 1024;
  T buffer_a[room], buffer_b[room];
  const Row<T> run = row_of<T, Run::contiguous, Run::contiguous>(op);
  const std::int64_t rows = room / l.inner;
  // A row that repeats is laid out once.
  const std::int64_t first = rows < l.outer ? rows : l.outer;
  if (a.outer == 0) a.expand(0, first, l.inner, buffer_a);
  if (b.outer == 0) b.expand(0, first, l.inner, buffer_b);
  for (std::int64_t r = 0; r < l.outer; r += rows) {
    const std::int64_t count = rows < l.outer - r ? rows : l.outer - r;
    if (a.outer != 0 && !a.flat(l.inner)) a.expand(r, count, l.inner, buffer_a);
    if (b.outer != 0 && !b.flat(l.inner)) b.expand(r, count, l.inner, buffer_b);
    run(a.flat(l.inner) ? a.data + r * l.inner : buffer_a, b.flat(l.inner) ? b.data + r * l.inner : buffer_b,
        out + r * l.inner, count * l.inner);
  }
}

template <class T>
void binary(Binary op, const void* a_data, const void* b_data, void* result, const BinaryLayout& l) {
  const Operand<T> a{static_cast<const T*>(a_data), l.a_outer, l.a_inner};
  const Operand<T> b{static_cast<const T*>(b_data), l.b_outer, l.b_inner};
  T* out = static_cast<T*>(result);
  if (l.outer <= 0 || l.inner <= 0) return;
  if (l.outer > 1 && a.flat(l.inner) && b.flat(l.inner))
    return row_of<T, Run::contiguous, Run::contiguous>(op)(a.data, b.data, out, l.outer * l.inner);
  if (l.outer > 1 && l.inner <= 4 * lanes<T>) return short_rows(op, a, b, out, l);
  Row<T> run = nullptr;
  if (l.a_inner != 0 && l.b_inner != 0) run = row_of<T, Run::contiguous, Run::contiguous>(op);
  if (l.a_inner != 0 && l.b_inner == 0) run = row_of<T, Run::contiguous, Run::constant>(op);
  if (l.a_inner == 0 && l.b_inner != 0) run = row_of<T, Run::constant, Run::contiguous>(op);
  if (l.a_inner == 0 && l.b_inner == 0) run = row_of<T, Run::constant, Run::constant>(op);
  for (std::int64_t r = 0; r < l.outer; ++r)
    run(a.data + r * a.outer, b.data + r * b.outer, out + r * l.inner, l.inner);
}

}  // namespace

void binary_f32(Binary op, const void* a, const void* b, void* out, const BinaryLayout& layout) {
  binary<float>(op, a, b, out, layout);
}
void binary_f64(Binary op, const void* a, const void* b, void* out, const BinaryLayout& layout) {
  binary<double>(op, a, b, out, layout);
}

}  // namespace fokker::kernels::FOKKER_ISA
