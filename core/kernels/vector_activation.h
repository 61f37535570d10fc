#pragma once

#include "fokker/core/kernels/vector_logarithm.h"

// Functions that come down to exp and log; the error is at most 2.5 ulp in f32 and 5e-16 relative in f64.
namespace fokker::kernels::FOKKER_ISA {

/// Returns x^exponent as e^(exponent·log x).  The product is kept in two parts so that a large one loses no bits.
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
