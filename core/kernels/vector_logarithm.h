#pragma once

#include "fokker/core/kernels/vector_math.h"

namespace fokker::kernels::FOKKER_ISA {

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

}  // namespace fokker::kernels::FOKKER_ISA
