#pragma once

#include "fokker/core/kernels/vector_math.h"

namespace fokker::kernels::FOKKER_ISA {

/// The sine and the cosine of r on [−π/4, π/4].
template <class V>
FOKKER_INLINE V sin_series(V r) {
  const V z = r * r;
  if constexpr (single<ElementOf<V>>) {
    constexpr double c[] = {-1. / 6, 1. / 120, -1. / 5040, 1. / 362880};
    return fma(r * z, polynomial(z, c), r);
  } else {
    constexpr double c[] = {-1. / 6,        1. / 120,         -1. / 5040,           1. / 362880,
                            -1. / 39916800, 1. / 6227020800., -1. / 1307674368000., 1. / 355687428096000.};
    return fma(r * z, polynomial(z, c), r);
  }
}
template <class V>
FOKKER_INLINE V cos_series(V r) {
  const V z = r * r;
  if constexpr (single<ElementOf<V>>) {
    constexpr double c[] = {1. / 24, -1. / 720, 1. / 40320, -1. / 3628800};
    return fma(z * z, polynomial(z, c), 1 - z * splat<V>(0.5));
  } else {
    constexpr double c[] = {1. / 24,        -1. / 720,          1. / 40320,           -1. / 3628800,
                            1. / 479001600, -1. / 87178291200., 1. / 20922789888000., -1. / 6402373705728000.};
    const V h = z * splat<V>(0.5), w = 1 - h;
    return w + fma(z * z, polynomial(z, c), (1 - w) - h);
  }
}

/// The largest angle for which the multiples of the first parts of π/2 are exact.
template <class T>
constexpr double largest_angle = single<T> ? 1e5 : 1e6;

/// x − n·π/2 in parts of few bits (Cody and Waite), and n in the low bits of an integer.
template <class V>
FOKKER_INLINE V quarter_turns(V x, BitsOf<V>& n) {
  using T = ElementOf<V>;
  const V magic = splat<V>(Simd<T>::magic);
  const V shifted = fma(x, splat<V>(0.63661977236758134308), magic);
  const V k = shifted - magic;
  n = reinterpret_cast<BitsOf<V>>(shifted);
  if constexpr (single<T>) {
    V r = fma(k, splat<V>(-0x1.92p0), x);
    r = fma(k, splat<V>(-0x1.fap-12), r);
    r = fma(k, splat<V>(-0x1.54p-20), r);
    return fma(k, splat<V>(-0x1.10b462p-30), r);
  } else {
    V r = fma(k, splat<V>(-0x1.921fb544p0), x);
    r = fma(k, splat<V>(-0x1.0b4611a6p-34), r);
    return fma(k, splat<V>(-0x1.3198a2e037073p-69), r);
  }
}

/// Returns sin x, or cos x a quarter turn on.  Beyond `largest_angle` the C library computes the elements one by one.
template <bool cosine, class V>
FOKKER_INLINE V sine(V x) {
  using T = ElementOf<V>;
  BitsOf<V> n;
  const V r = quarter_turns(x, n);
  n += cosine ? 1 : 0;
  const V s = sin_series(r), c = cos_series(r);
  const V picked = (n & 1) != 0 ? c : s;
  const BitsOf<V> negative = (n & 2) << (sizeof(T) * 8 - 2);
  V result = reinterpret_cast<V>(reinterpret_cast<BitsOf<V>>(picked) ^ negative);
  const auto far = reinterpret_cast<BitsOf<V>>(absolute(x) > splat<V>(largest_angle<T>));
  typename Simd<T>::Bits any = 0;
  for (int i = 0; i < lanes<T>; ++i) any |= far[i];
  if (any) [[unlikely]]
    for (int i = 0; i < lanes<T>; ++i)
      if (far[i]) result[i] = static_cast<T>(cosine ? __builtin_cos(x[i]) : __builtin_sin(x[i]));
  return result;
}
template <class V>
FOKKER_INLINE V sin(V x) {
  return x == 0 ? x : sine<false>(x);
}
template <class V>
FOKKER_INLINE V cos(V x) {
  return sine<true>(x);
}

/// erf x = x·P(x²) for |x| < 1, else ±(1 − exp(−x²)·Q(t)) with t = (|x| − 2)/(|x| + 2).
template <class V>
FOKKER_INLINE V erf(V x) {
  using T = ElementOf<V>;
  const V a = clamped(absolute(x), 0, single<T> ? 4 : 6), z = a * a, t = (a - 2) / (a + 2);
  V inner, outer;
  if constexpr (single<T>) {
    constexpr double p[] = {1.1283791658483509,   -0.37612626666720334,  0.11283594715160218,  -0.026854212010626412,
                            0.005189087423433974, -0.000801686428716587, 7.875875062685488e-05};
    constexpr double q[] = {0.25539567625190335,    -0.42718584761434303,  0.24165821109072444,
                            -0.07897852327253349,   0.0037321413513030097, 0.006994855413599958,
                            -0.0008365899736486057, -0.0009441596340872735};
    inner = polynomial(z, p);
    outer = polynomial(t, q);
  } else {
    constexpr double p[] = {1.1283791670955126,      -0.3761263890318375,     0.11283791670954879,
                            -0.026866170645076792,   0.0052239776248180145,   -0.000854832698083379,
                            0.0001205533111164271,   -1.4925595266831182e-05, 1.6461000484121368e-06,
                            -1.6350312701054695e-07, 1.4659775274047436e-08,  -1.1372848856791674e-09,
                            5.957176147748911e-11};
    constexpr double q[] = {0.25539567631050575,    -0.4271858474139584,    0.24165819424246646,
                            -0.07897858101573213,   0.003732892404327764,   0.006997461739200444,
                            -0.0008471432509203844, -0.000981977026567889,  4.355560219515472e-05,
                            0.00017436116545392264, 2.7525480361206068e-05, -2.7579864674305787e-05,
                            -1.396807230177146e-05, 1.392621183618803e-06,  3.789215643758464e-06,
                            1.1780775215625583e-06, -5.322696855655786e-07, -4.215301054238321e-07};
    inner = polynomial(z, p);
    outer = polynomial(t, q);
  }
  return a < 1 ? x * inner : with_sign(1 - exp(-z) * outer, x);
}

}  // namespace fokker::kernels::FOKKER_ISA
