#pragma once

#include "fokker/core/kernels/kernels.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#ifndef FOKKER_ISA  // kernels.cmake defines it, once an instruction set
#define FOKKER_ISA baseline
#endif
#define FOKKER_INLINE inline __attribute__((always_inline))

// SIMD vectors of the widest register of one instruction set, by the compiler's vector extensions.  Nothing here may
// call an inline function of a foreign header: the linker keeps one copy of those, which an older CPU might not run.
namespace fokker::kernels::FOKKER_ISA {

#if defined(__AVX512F__)
constexpr int vector_bytes = 64;
#elif defined(__AVX2__)
constexpr int vector_bytes = 32;
#else
constexpr int vector_bytes = 16;
#endif

typedef float F32 __attribute__((vector_size(vector_bytes)));
typedef double F64 __attribute__((vector_size(vector_bytes)));
typedef float HalfF32 __attribute__((vector_size(vector_bytes / 2)));
typedef std::int32_t I32 __attribute__((vector_size(vector_bytes)));
typedef std::int64_t I64 __attribute__((vector_size(vector_bytes)));
typedef std::uint32_t U32 __attribute__((vector_size(vector_bytes)));
typedef std::uint64_t U64 __attribute__((vector_size(vector_bytes)));

/// Vector, integer and bit types of an element type; `magic` rounds to integers when added and taken off again.
template <class T>
struct Simd;
template <>
struct Simd<float> {
  using V = F32;
  using I = I32;
  using U = U32;
  using Bits = std::uint32_t;
  static constexpr int lanes = vector_bytes / 4, mantissa = 23, bias = 127;
  static constexpr float magic = 12582912.f;  // 1.5·2²³
};
template <>
struct Simd<double> {
  using V = F64;
  using I = I64;
  using U = U64;
  using Bits = std::uint64_t;
  static constexpr int lanes = vector_bytes / 8, mantissa = 52, bias = 1023;
  static constexpr double magic = 6755399441055744.;  // 1.5·2⁵²
};
template <class T>
using VectorOf = typename Simd<T>::V;
template <class V>
using ElementOf = decltype(V{}[0] + V{}[0]);
template <class T>
constexpr int lanes = Simd<T>::lanes;

template <class V, class T>
FOKKER_INLINE V splat(T value) {
  return static_cast<ElementOf<V>>(value) - V{};  // value − 0 keeps −0
}
template <class V>
FOKKER_INLINE V load(const void* p) {
  V v;
  __builtin_memcpy(&v, p, sizeof v);
  return v;
}
template <class V>
FOKKER_INLINE void store(void* p, V v) {
  __builtin_memcpy(p, &v, sizeof v);
}

/// The first n elements, n < lanes; the others are 0.
template <class T>
FOKKER_INLINE VectorOf<T> load_partial(const T* p, std::int64_t n) {
#if defined(__AVX512F__)
  if constexpr (sizeof(T) == 4)
    return _mm512_maskz_loadu_ps(static_cast<__mmask16>((1u << n) - 1), p);
  else
    return _mm512_maskz_loadu_pd(static_cast<__mmask8>((1u << n) - 1), p);
#else
  T buffer[lanes<T>] = {};
  for (int i = 0; i < lanes<T> - 1; ++i)
    if (i < n) buffer[i] = p[i];
  return load<VectorOf<T>>(buffer);
#endif
}
template <class T>
FOKKER_INLINE void store_partial(T* p, VectorOf<T> v, std::int64_t n) {
#if defined(__AVX512F__)
  if constexpr (sizeof(T) == 4)
    _mm512_mask_storeu_ps(p, static_cast<__mmask16>((1u << n) - 1), v);
  else
    _mm512_mask_storeu_pd(p, static_cast<__mmask8>((1u << n) - 1), v);
#else
  T buffer[lanes<T>];
  store(buffer, v);
  for (int i = 0; i < lanes<T> - 1; ++i)
    if (i < n) p[i] = buffer[i];
#endif
}

/// a·b + c, rounded once where the CPU can.
FOKKER_INLINE F32 fma(F32 a, F32 b, F32 c) {
#if defined(__AVX512F__)
  return _mm512_fmadd_ps(a, b, c);
#elif defined(__FMA__)
  return _mm256_fmadd_ps(a, b, c);
#else
  return a * b + c;
#endif
}
FOKKER_INLINE F64 fma(F64 a, F64 b, F64 c) {
#if defined(__AVX512F__)
  return _mm512_fmadd_pd(a, b, c);
#elif defined(__FMA__)
  return _mm256_fmadd_pd(a, b, c);
#else
  return a * b + c;
#endif
}

template <class V>
FOKKER_INLINE V square_root(V x) {
#if defined(__AVX512F__)
  if constexpr (sizeof(x[0]) == 4)
    return _mm512_maskz_sqrt_ps(0xffff, x);
  else
    return _mm512_maskz_sqrt_pd(0xff, x);
#elif defined(__AVX2__)
  if constexpr (sizeof(x[0]) == 4)
    return _mm256_sqrt_ps(x);
  else
    return _mm256_sqrt_pd(x);
#elif defined(__SSE2__)
  if constexpr (sizeof(x[0]) == 4)
    return _mm_sqrt_ps(x);
  else
    return _mm_sqrt_pd(x);
#else
  for (unsigned i = 0; i < sizeof(V) / sizeof(x[0]); ++i) x[i] = __builtin_sqrt(x[i]);
  return x;
#endif
}

}  // namespace fokker::kernels::FOKKER_ISA
