#pragma once

#include "fokker/core/kernels/vector.h"

// Elementary functions of whole vectors: at most 2.5 ulp in f32 and about 1e-15 relative in f64 with FMA, slightly more
// without.  Polynomials are Taylor series, long enough for the reduced interval, but for erf's
// (scripts/erf_coefficients.py).
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

/// 2^k for −bias < k ≤ bias, k as an integer in each lane.
template <class V>
FOKKER_INLINE V exp2_integer(IntOf<V> k) {
  using S = Simd<ElementOf<V>>;
  return reinterpret_cast<V>(reinterpret_cast<BitsOf<V>>(k + S::bias) << S::mantissa);
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
  IntOf<V> k;

  FOKKER_INLINE explicit Exponential(V x) {
    using T = ElementOf<V>;
    const V magic = splat<V>(Simd<T>::magic);
    const V shifted = fma(x, splat<V>(log2_e), magic);
    k_value = shifted - magic;
    k = reinterpret_cast<IntOf<V>>(shifted) - reinterpret_cast<IntOf<V>>(magic);
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
      constexpr double c[] = {1. / 2,      1. / 6,       1. / 24,       1. / 120,       1. / 720,        1. / 5040,
                              1. / 40320,  1. / 362880,  1. / 3628800,  1. / 39916800,  1. / 479001600,  1. / 6227020800};
      return polynomial(r, c);
    }
  }
};

template <class V>
FOKKER_INLINE V exp(V x) {
  using T = ElementOf<V>;
  const Exponential<V> e(single<T> ? clamped(x, -104, 89) : clamped(x, -746, 710));
  // In two factors, since 2^k alone may be subnormal or infinite.
  const BitsOf<V> shifted = reinterpret_cast<BitsOf<V>>(e.k + 4096) >> 1;
  const IntOf<V> half = reinterpret_cast<IntOf<V>>(shifted) - 2048;
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

/// log x = k·ln 2 + log(1 + f) for 0 < x < ∞, √½ ≤ 1 + f < √2.
template <class V>
struct Logarithm {
  V k, f, high, low;  // log(1 + f) = f − high + low

  FOKKER_INLINE explicit Logarithm(V x) {
    using T = ElementOf<V>;
    using S = Simd<T>;
    using U = BitsOf<V>;
    constexpr double smallest = single<T> ? 0x1p-126 : 0x1p-1022, scale = single<T> ? 0x1p23 : 0x1p52;
    const auto subnormal = x < splat<V>(smallest);
    const V normal = subnormal ? x * static_cast<T>(scale) : x;
    const U sqrt_half = reinterpret_cast<U>(splat<V>(0.70710678118654752440));
    const U shifted = reinterpret_cast<U>(normal) - sqrt_half + reinterpret_cast<U>(splat<V>(1));
    const U exponent = (shifted >> S::mantissa) + reinterpret_cast<U>(splat<V>(S::magic)) - S::bias;
    k = reinterpret_cast<V>(exponent) - splat<V>(S::magic);
    k = subnormal ? k - S::mantissa : k;
    constexpr auto mantissa_mask = (typename S::Bits{1} << S::mantissa) - 1;
    f = reinterpret_cast<V>((shifted & mantissa_mask) + sqrt_half) - 1;
    high = f * f * static_cast<T>(0.5);
    const V s = f / (f + 2), z = s * s;
    low = s * (high + z * series(z));
  }
  FOKKER_INLINE V value() const {
    using T = ElementOf<V>;
    return fma(k, splat<V>(ln2_high<T>), f - (high - fma(k, splat<V>(ln2_low<T>), low)));
  }

 private:
  /// 2(atanh s − s)/s³ with z = s²
  static FOKKER_INLINE V series(V z) {
    if constexpr (single<ElementOf<V>>) {
      constexpr double c[] = {2. / 3, 2. / 5, 2. / 7, 2. / 9};
      return polynomial(z, c);
    } else {
      constexpr double c[] = {2. / 3, 2. / 5, 2. / 7, 2. / 9, 2. / 11, 2. / 13, 2. / 15, 2. / 17, 2. / 19, 2. / 21};
      return polynomial(z, c);
    }
  }
};

template <class V>
FOKKER_INLINE V log(V x) {
  using T = ElementOf<V>;
  const V r = Logarithm<V>(x).value();
  const V finite = x < infinity<T> ? r : x;
  const V at_zero = x == 0 ? splat<V>(-infinity<T>) : splat<V>(__builtin_nan(""));
  return x <= 0 ? at_zero : finite;
}

/// log(1 + x)
template <class V>
FOKKER_INLINE V log1p(V x) {
  const V u = x + 1;
  const V lost = (x - (u - 1)) / u;
  const V r = log(u) + lost;
  const auto plain = (u == 0) | (u == infinity<ElementOf<V>>);
  const V result = plain ? log(u) : r;
  return u == 1 ? x : result;
}

/// x^exponent through e^(exponent·log x), the product kept in two parts so that a large one loses no bits.
template <class V>
FOKKER_INLINE V power(V x, double exponent) {
  using T = ElementOf<V>;
  const Logarithm<V> l(x);
  const V main = l.k * static_cast<T>(ln2_high<T>);
  const V rest = l.f - (l.high - fma(l.k, splat<V>(ln2_low<T>), l.low));
  const V sum = main + rest;
  const V lost = rest - (sum - main);
  const V p = splat<V>(exponent), product = sum * p;
  const V correction = fma(sum, p, -product) + lost * p;
  const V r = exp(product);
  const V inside = (r > 0) & (r < infinity<T>) ? fma(r, correction, r) : r;
  const V edge = exp(log(x) * p);
  return (x > 0) & (x < infinity<T>) ? inside : edge;
}

template <class V>
FOKKER_INLINE V tanh(V x) {
  const V t = expm1(clamped(absolute(x) * 2, 0, single<ElementOf<V>> ? 20 : 44));
  return with_sign(t / (t + 2), x);
}

template <class V>
FOKKER_INLINE V sigmoid(V x) {
  return 1 / (exp(-x) + 1);
}

template <class V>
FOKKER_INLINE V silu(V x) {
  // −∞ would give −∞/∞.
  constexpr double lowest = single<ElementOf<V>> ? -0x1.fffffep127 : -0x1.fffffffffffffp1023;
  x = x < splat<V>(lowest) ? splat<V>(lowest) : x;
  return x / (exp(-x) + 1);
}

template <class V>
FOKKER_INLINE V softplus(V x) {
  const V positive = x <= 0 ? V{} : x;
  return positive + log1p(exp(-absolute(x)));
}

}  // namespace fokker::kernels::FOKKER_ISA
