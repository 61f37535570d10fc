#pragma once

#include "fokker/core/kernels/vector.h"

// The exponential and the logarithm of whole vectors; the error is at most 2 ulp in f32 and 4e-16 relative in f64.
// Polynomials are Taylor series, long enough for the reduced interval.
namespace fokker::kernels::FOKKER_ISA {

template <class V>
using BitsOf = typename Simd<ElementOf<V>>::U;
template <class V>
using IntOf = typename Simd<ElementOf<V>>::I;
template <class T>
constexpr T infinity = static_cast<T>(__builtin_inf());
template <class T>
constexpr bool single = sizeof(T) == 4;

template <class V>
FOKKER_INLINE V sign_bit() {
  return splat<V>(-0.0);
}
template <class V>
FOKKER_INLINE V absolute(V x) {
  return reinterpret_cast<V>(reinterpret_cast<BitsOf<V>>(x) & ~reinterpret_cast<BitsOf<V>>(sign_bit<V>()));
}
/// |magnitude| with the sign of x.
template <class V>
FOKKER_INLINE V with_sign(V magnitude, V x) {
  return reinterpret_cast<V>(reinterpret_cast<BitsOf<V>>(magnitude) |
                             (reinterpret_cast<BitsOf<V>>(x) & reinterpret_cast<BitsOf<V>>(sign_bit<V>())));
}
/// low ≤ x ≤ high; NaN stays.
template <class V>
FOKKER_INLINE V clamped(V x, double low, double high) {
  const V a = splat<V>(low), b = splat<V>(high);
  x = x < a ? a : x;
  return x > b ? b : x;
}

/// Σ c[k]·x^k
template <class V, int n>
FOKKER_INLINE V polynomial(V x, const double (&c)[n]) {
  V sum = splat<V>(c[n - 1]);
#pragma GCC unroll 32
  for (int k = n - 2; k >= 0; --k) sum = fma(sum, x, splat<V>(c[k]));
  return sum;
}

/// Returns 2^k for −bias < k ≤ bias.  k is in two's complement, since a NaN's k is any number and must wrap.
template <class V>
FOKKER_INLINE V exp2_integer(BitsOf<V> k) {
  using S = Simd<ElementOf<V>>;
  return reinterpret_cast<V>((k + S::bias) << S::mantissa);
}

inline constexpr double log2_e = 1.44269504088896340736;
// ln 2 = high + low, where high·k is exact for every exponent k.
template <class T>
constexpr double ln2_high = single<T> ? 0x1.62e4p-1 : 0x1.62e42feep-1;
template <class T>
constexpr double ln2_low = single<T> ? 0x1.7f7d1cf79abcap-20 : 0x1.a39ef35793c76p-33;

/// e^x = 2^k·(1 + tail), |x − k·ln 2| ≤ ½ ln 2.
template <class V>
struct Exponential {
  V k_value, tail;
  BitsOf<V> k;

  FOKKER_INLINE explicit Exponential(V x) {
    using T = ElementOf<V>;
    const V magic = splat<V>(Simd<T>::magic);
    const V shifted = fma(x, splat<V>(log2_e), magic);
    k_value = shifted - magic;
    k = reinterpret_cast<BitsOf<V>>(shifted) - reinterpret_cast<BitsOf<V>>(magic);
    V r = fma(k_value, splat<V>(-ln2_high<T>), x);
    r = fma(k_value, splat<V>(-ln2_low<T>), r);
    tail = fma(r * r, series(r), r);
  }

 private:
  /// (e^r − 1 − r)/r²
  static FOKKER_INLINE V series(V r) {
    if constexpr (single<ElementOf<V>>) {
      constexpr double c[] = {1. / 2, 1. / 6, 1. / 24, 1. / 120, 1. / 720, 1. / 5040};
      return polynomial(r, c);
    } else {
      constexpr double c[] = {1. / 2,     1. / 6,      1. / 24,      1. / 120,      1. / 720,       1. / 5040,
                              1. / 40320, 1. / 362880, 1. / 3628800, 1. / 39916800, 1. / 479001600, 1. / 6227020800};
      return polynomial(r, c);
    }
  }
};

template <class V>
FOKKER_INLINE V exp(V x) {
  using T = ElementOf<V>;
  const Exponential<V> e(single<T> ? clamped(x, -104, 89) : clamped(x, -746, 710));
  // The power 2^k is applied in two factors, since it alone may be subnormal or infinite.
  const BitsOf<V> half = ((e.k + 4096) >> 1) - 2048;
  return (e.tail + 1) * exp2_integer<V>(half) * exp2_integer<V>(e.k - half);
}

/// e^x − 1
template <class V>
FOKKER_INLINE V expm1(V x) {
  using T = ElementOf<V>;
  const Exponential<V> e(single<T> ? clamped(x, -20, 89) : clamped(x, -40, 710));
  const V half_scale = exp2_integer<V>(e.k - 1);
  const V result = fma(half_scale, e.tail, half_scale - splat<V>(0.5)) * 2;
  return e.k_value == 0 ? with_sign(absolute(e.tail), x) : result;
}

}  // namespace fokker::kernels::FOKKER_ISA
