#include "fokker/core/kernels/isa.h"
#include "fokker/core/kernels/vector_activation.h"
#include "fokker/core/kernels/vector_trigonometry.h"

namespace fokker::kernels::FOKKER_ISA {

void binary_f32(Binary op, const void* a, const void* b, void* out, const BinaryLayout& layout);
void binary_f64(Binary op, const void* a, const void* b, void* out, const BinaryLayout& layout);

namespace {

/// out = f(x), whole vectors and then one padded vector.
template <class T, class F>
FOKKER_INLINE void map(const void* in, void* result, std::int64_t n, F f) {
  const T* x = static_cast<const T*>(in);
  T* out = static_cast<T*>(result);
  std::int64_t i = 0;
  for (; i + lanes<T> <= n; i += lanes<T>) store(out + i, f(load<VectorOf<T>>(x + i)));
  if (i < n) store_partial(out + i, f(load_partial(x + i, n - i)), n - i);
}

// A NaN goes through every function.
template <class V>
FOKKER_INLINE V relu(V x) {
  return x <= 0 ? V{} : x;
}
template <class V>
FOKKER_INLINE V step(V x) {
  return x > 0 ? splat<V>(1) : V{};
}
template <class V>
FOKKER_INLINE V sign(V x) {
  const V positive = x > 0 ? splat<V>(1) : x;
  return x < 0 ? splat<V>(-1) : positive;
}

#define FOKKER_MAP(name, expression) \
  case Unary::name:                  \
    return map<T>(                   \
        in, out, n, [](V x) __attribute__((always_inline)) { return expression; });

template <class T>
void unary(Unary op, const void* in, void* out, std::int64_t n) {
  using V = VectorOf<T>;
  switch (op) {
    FOKKER_MAP(exp, exp(x))
    FOKKER_MAP(expm1, expm1(x))
    FOKKER_MAP(log, log(x))
    FOKKER_MAP(log1p, log1p(x))
    FOKKER_MAP(sqrt, square_root(x))
    FOKKER_MAP(reciprocal, 1 / x)
    FOKKER_MAP(square, x * x)
    FOKKER_MAP(sin, sin(x))
    FOKKER_MAP(cos, cos(x))
    FOKKER_MAP(tanh, tanh(x))
    FOKKER_MAP(sigmoid, sigmoid(x))
    FOKKER_MAP(silu, silu(x))
    FOKKER_MAP(relu, relu(x))
    FOKKER_MAP(step, step(x))
    FOKKER_MAP(softplus, softplus(x))
    FOKKER_MAP(abs, absolute(x))
    FOKKER_MAP(sign, sign(x))
    FOKKER_MAP(erf, erf(x))
    case Unary::count: break;
  }
}
#undef FOKKER_MAP

/// x^k for an integer k ≥ 0 by squaring.
template <class V>
FOKKER_INLINE V integer_power(V x, int k) {
  V result = splat<V>(1);
  for (; k > 0; k /= 2) {
    if (k % 2) result *= x;
    x *= x;
  }
  return result;
}

template <class T>
void power(const void* in, double exponent, void* out, std::int64_t n) {
  using V = VectorOf<T>;
  const double magnitude = exponent < 0 ? -exponent : exponent;
  if (exponent == 0.5)
    return map<T>(
        in, out, n, [](V x) __attribute__((always_inline)) { return square_root(x); });
  if (magnitude <= 16 && magnitude == static_cast<int>(magnitude)) {
    const int k = static_cast<int>(magnitude);
    if (exponent < 0)
      return map<T>(
          in, out, n, [k](V x) __attribute__((always_inline)) { return 1 / integer_power(x, k); });
    return map<T>(
        in, out, n, [k](V x) __attribute__((always_inline)) { return integer_power(x, k); });
  }
  if (magnitude == __builtin_floor(magnitude)) {  // negative bases have these powers, too
    const bool odd = __builtin_fmod(magnitude, 2) == 1;
    return map<T>(
        in, out, n, [ exponent, odd ](V x) __attribute__((always_inline)) {
          const V size = kernels::FOKKER_ISA::power(absolute(x), exponent);
          return odd ? with_sign(size, x) : size;
        });
  }
  map<T>(
      in, out, n, [exponent](V x) __attribute__((always_inline)) { return kernels::FOKKER_ISA::power(x, exponent); });
}

template <class T, int count>
void weighted(const double* weights, const void* const* x, void* result, std::int64_t n) {
  using V = VectorOf<T>;
  T* out = static_cast<T*>(result);
  const T* in[count];
  V w[count];
  for (int k = 0; k < count; ++k) {
    in[k] = static_cast<const T*>(x[k]);
    w[k] = splat<V>(weights[k]);
  }
  const auto sum = [&](auto read) __attribute__((always_inline)) {
    V total = w[0] * read(in[0]);
    for (int k = 1; k < count; ++k) total = fma(w[k], read(in[k]), total);
    return total;
  };
  std::int64_t i = 0;
  for (; i + lanes<T> <= n; i += lanes<T>)
    store(out + i, sum([i](const T* p) __attribute__((always_inline)) { return load<V>(p + i); }));
  if (i < n)
    store_partial(out + i,
                  sum([ i, n ](const T* p) __attribute__((always_inline)) { return load_partial(p + i, n - i); }),
                  n - i);
}

template <class T>
void weighted_sum(const double* weights, const void* const* x, int count, void* out, std::int64_t n) {
  if (count == 1) return weighted<T, 1>(weights, x, out, n);
  if (count == 2) return weighted<T, 2>(weights, x, out, n);
  weighted<T, 3>(weights, x, out, n);
}

template <class T>
void accumulate(const void* in, void* result, std::int64_t n) {
  const T* x = static_cast<const T*>(in);
  T* out = static_cast<T*>(result);
  std::int64_t i = 0;
  for (; i + lanes<T> <= n; i += lanes<T>) store(out + i, load<VectorOf<T>>(out + i) + load<VectorOf<T>>(x + i));
  for (; i < n; ++i) out[i] += x[i];
}

}  // namespace

extern constexpr ByDtype<Elementwise> elementwise_table{
    {unary<float>, power<float>, binary_f32, weighted_sum<float>, accumulate<float>},
    {unary<double>, power<double>, binary_f64, weighted_sum<double>, accumulate<double>}};

}  // namespace fokker::kernels::FOKKER_ISA
