#pragma once

#include "fokker/core/kernels/vector.h"

namespace fokker::kernels::FOKKER_ISA {

/// Loads the f32 elements at p, as many as an F64 holds.
FOKKER_INLINE F64 load_wide(const float* p) { return __builtin_convertvector(load<HalfF32>(p), F64); }
FOKKER_INLINE F64 load_wide(const double* p) { return load<F64>(p); }
FOKKER_INLINE F64 load_wide_partial(const float* p, std::int64_t n) {
  float buffer[lanes<double>] = {};
  for (int i = 0; i < lanes<double> - 1; ++i)
    if (i < n) buffer[i] = p[i];
  return load_wide(buffer);
}
FOKKER_INLINE F64 load_wide_partial(const double* p, std::int64_t n) { return load_partial(p, n); }

/// Returns the sum of the lanes in the order of a binary tree.
template <class V>
FOKKER_INLINE auto tree_sum(V v) {
  constexpr int n = sizeof(V) / sizeof(v[0]);
  ElementOf<V> part[n];
  store(part, v);
  for (int half = n / 2; half > 0; half /= 2)
    for (int i = 0; i < half; ++i) part[i] += part[i + half];
  return part[0];
}

}  // namespace fokker::kernels::FOKKER_ISA
