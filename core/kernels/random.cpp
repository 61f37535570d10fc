#include "fokker/core/kernels/isa.h"
#include "fokker/core/kernels/vector_math.h"

// Philox4x32-10 [salmon2011] and Box–Muller.  Every floating-point operation here is one that IEEE 754 rounds
// correctly, never fused, so that all instruction sets give equal bits.
namespace fokker::kernels::FOKKER_ISA {
namespace {

/// Products of the low 32 bits of each lane.
FOKKER_INLINE U64 low_product(U64 a, U64 b) {
#if defined(__AVX512F__)
  return reinterpret_cast<U64>(
      _mm512_maskz_mul_epu32(0xff, reinterpret_cast<__m512i>(a), reinterpret_cast<__m512i>(b)));
#elif defined(__AVX2__)
  return reinterpret_cast<U64>(_mm256_mul_epu32(reinterpret_cast<__m256i>(a), reinterpret_cast<__m256i>(b)));
#elif defined(__SSE2__)
  return reinterpret_cast<U64>(_mm_mul_epu32(reinterpret_cast<__m128i>(a), reinterpret_cast<__m128i>(b)));
#else
  return (a & 0xffffffffu) * (b & 0xffffffffu);
#endif
}

struct Sequence {
  std::uint64_t seed;
  std::uint32_t stream, step;
};

constexpr int blocks_per_call = lanes<double>;

/// The words of consecutive counters, one counter a 64-bit lane; the upper halves hold anything.
struct Words {
  U64 w[4];

  FOKKER_INLINE Words(const Sequence& s, std::uint64_t first_block) {
    U64 block;
    for (int i = 0; i < blocks_per_call; ++i) block[i] = first_block + static_cast<std::uint64_t>(i);
    w[0] = block;
    w[1] = block >> 32;
    w[2] = U64{} + s.step;
    w[3] = U64{} + s.stream;
    std::uint32_t k0 = static_cast<std::uint32_t>(s.seed), k1 = static_cast<std::uint32_t>(s.seed >> 32);
#pragma GCC unroll 10
    for (int round = 0; round < 10; ++round, k0 += 0x9E3779B9u, k1 += 0xBB67AE85u) {
      const U64 p0 = low_product(w[0], U64{} + 0xD2511F53u), p1 = low_product(w[2], U64{} + 0xCD9E8D57u);
      w[0] = (p1 >> 32) ^ w[1] ^ (U64{} + k0);
      w[2] = (p0 >> 32) ^ w[3] ^ (U64{} + k1);
      w[1] = p1;
      w[3] = p0;
    }
  }
  /// Words a and b of each counter as neighbours.
  FOKKER_INLINE U64 pair(int a, int b) const { return (w[a] & 0xffffffffu) | (w[b] << 32); }
};

/// First and second halves of a and b with their lanes alternating.
template <class V, bool second>
FOKKER_INLINE V interleaved(V a, V b) {
  constexpr int n = lanes<ElementOf<V>>;
  IntOf<V> index;
  for (int i = 0; i < n; ++i) index[i] = i / 2 + (second ? n / 2 : 0) + (i % 2) * n;
  return __builtin_shuffle(a, b, index);
}

/// Σ c[k]·x^k without fused operations.
template <class V, int n>
FOKKER_INLINE V plain_polynomial(V x, const double (&c)[n]) {
  V sum = splat<V>(c[n - 1]);
#pragma GCC unroll 16
  for (int k = n - 2; k >= 0; --k) sum = sum * x + splat<V>(c[k]);
  return sum;
}

/// √(−2 log u) for u in (0, 1], normal.
template <class V>
FOKKER_INLINE V radius(V u) {
  using T = ElementOf<V>;
  using S = Simd<T>;
  using U = BitsOf<V>;
  constexpr auto mantissa_mask = (typename S::Bits{1} << S::mantissa) - 1;
  const U sqrt_half = reinterpret_cast<U>(splat<V>(0.70710678118654752440));
  const U shifted = reinterpret_cast<U>(u) - sqrt_half + reinterpret_cast<U>(splat<V>(1));
  const U exponent = (shifted >> S::mantissa) + reinterpret_cast<U>(splat<V>(S::magic)) - S::bias;
  const V k = reinterpret_cast<V>(exponent) - splat<V>(S::magic);
  const V f = reinterpret_cast<V>((shifted & mantissa_mask) + sqrt_half) - 1;
  const V s = f / (f + 2), z = s * s;
  V series;  // −4(atanh s)/s
  if constexpr (single<T>) {
    constexpr double c[] = {-4., -4. / 3, -4. / 5, -4. / 7, -4. / 9};
    series = plain_polynomial(z, c);
  } else {
    constexpr double c[] = {-4.,      -4. / 3,  -4. / 5,  -4. / 7,  -4. / 9, -4. / 11,
                            -4. / 13, -4. / 15, -4. / 17, -4. / 19, -4. / 21};
    series = plain_polynomial(z, c);
  }
  return square_root(k * splat<V>(-2 * 0.69314718055994530942) + s * series);
}

/// cos and sin of the angle 2π·(quarter + t)/4, quarter in the two lowest bits, t in [−½, ½].
template <class V>
FOKKER_INLINE void circle(V t, BitsOf<V> quarter, V& cosine, V& sine) {
  using T = ElementOf<V>;
  using U = BitsOf<V>;
  const V r = t * splat<V>(1.57079632679489661923), z = r * r;
  V s, c;
  if constexpr (single<T>) {
    constexpr double a[] = {1, -1. / 6, 1. / 120, -1. / 5040, 1. / 362880};
    constexpr double b[] = {1, -1. / 2, 1. / 24, -1. / 720, 1. / 40320, -1. / 3628800};
    s = r * plain_polynomial(z, a);
    c = plain_polynomial(z, b);
  } else {
    constexpr double a[] = {1,           -1. / 6,        1. / 120,         -1. / 5040,
                            1. / 362880, -1. / 39916800, 1. / 6227020800., -1. / 1307674368000.};
    constexpr double b[] = {1,
                            -1. / 2,
                            1. / 24,
                            -1. / 720,
                            1. / 40320,
                            -1. / 3628800,
                            1. / 479001600,
                            -1. / 87178291200.,
                            1. / 20922789888000.};
    s = r * plain_polynomial(z, a);
    c = plain_polynomial(z, b);
  }
  const auto odd = (quarter & 1) != 0;
  constexpr int top = sizeof(T) * 8 - 1;
  const U cosine_sign = ((quarter + 1) >> 1) << top, sine_sign = (quarter >> 1) << top;
  cosine = reinterpret_cast<V>(reinterpret_cast<U>(odd ? s : c) ^ cosine_sign);
  sine = reinterpret_cast<V>(reinterpret_cast<U>(odd ? c : s) ^ sine_sign);
}

/// 4 normals a counter, from words (0, 1) and (2, 3).
FOKKER_INLINE void normal_chunk(const Sequence& sequence, std::uint64_t block, float* out) {
  const Words words(sequence, block);
  const U32 magnitude = reinterpret_cast<U32>(words.pair(0, 2)), angle = reinterpret_cast<U32>(words.pair(1, 3));
  const F32 high = __builtin_convertvector(reinterpret_cast<I32>(magnitude >> 16), F32);
  const F32 low = __builtin_convertvector(reinterpret_cast<I32>(magnitude & 0xffffu), F32);
  const F32 r = radius((high * 65536.f + low) * 0x1p-32f + 0x1p-33f);
  F32 cosine, sine;
  circle(__builtin_convertvector(reinterpret_cast<I32>(angle << 2), F32) * 0x1p-32f, angle >> 30, cosine, sine);
  store(out, interleaved<F32, false>(r * cosine, r * sine));
  store(out + lanes<float>, interleaved<F32, true>(r * cosine, r * sine));
}

/// Integers below 2⁵³ as doubles: the halves in the mantissas of 2⁸⁴ and 2⁵².
FOKKER_INLINE F64 to_double(U64 x) {
  const F64 high = reinterpret_cast<F64>((x >> 32) | 0x4530000000000000u);
  const F64 low = reinterpret_cast<F64>((x & 0xffffffffu) | 0x4330000000000000u);
  return (high - (0x1p84 + 0x1p52)) + low;
}

/// 2 normals a counter.
FOKKER_INLINE void normal_chunk(const Sequence& sequence, std::uint64_t block, double* out) {
  const Words words(sequence, block);
  const U64 angle = words.pair(2, 3);
  const F64 r = radius(to_double(words.pair(0, 1) >> 11) * 0x1p-53 + 0x1p-54);
  F64 cosine, sine;
  circle(to_double((angle << 2) >> 11) * 0x1p-53 - 0.5, angle >> 62, cosine, sine);
  store(out, interleaved<F64, false>(r * cosine, r * sine));
  store(out + lanes<double>, interleaved<F64, true>(r * cosine, r * sine));
}

FOKKER_INLINE void uniform_chunk(const Sequence& sequence, std::uint64_t block, float* out) {
  const Words words(sequence, block);
  const U64 a = words.pair(0, 1), b = words.pair(2, 3);
  const auto scaled = [](F64 bits) __attribute__((always_inline)) {
    return __builtin_convertvector(reinterpret_cast<I32>(reinterpret_cast<U32>(bits) >> 8), F32) * 0x1p-24f;
  };
  store(out, scaled(interleaved<F64, false>(reinterpret_cast<F64>(a), reinterpret_cast<F64>(b))));
  store(out + lanes<float>, scaled(interleaved<F64, true>(reinterpret_cast<F64>(a), reinterpret_cast<F64>(b))));
}

FOKKER_INLINE void uniform_chunk(const Sequence& sequence, std::uint64_t block, double* out) {
  const Words words(sequence, block);
  const F64 a = to_double(words.pair(0, 1) >> 11) * 0x1p-53, b = to_double(words.pair(2, 3) >> 11) * 0x1p-53;
  store(out, interleaved<F64, false>(a, b));
  store(out + lanes<double>, interleaved<F64, true>(a, b));
}

/// Elements [first, first + n) from chunks of whole counters; the ends are cut from chunks of their own.
template <class T, class Chunk>
FOKKER_INLINE void fill(std::uint64_t first, T* out, std::int64_t n, Chunk chunk) {
  constexpr std::uint64_t per_block = 16 / sizeof(T);
  constexpr std::int64_t size = 2 * lanes<T>;
  std::uint64_t block = first / per_block;
  std::int64_t at = -static_cast<std::int64_t>(first % per_block);  // place of the block's first element in out
  for (; at < n; at += size, block += blocks_per_call) {
    if (at >= 0 && at + size <= n) {
      chunk(block, out + at);
      continue;
    }
    T buffer[size];
    chunk(block, buffer);
    for (std::int64_t i = at < 0 ? -at : 0; i < size && at + i < n; ++i) out[at + i] = buffer[i];
  }
}

template <class T>
void normal(std::uint64_t seed, std::uint32_t stream, std::uint32_t step, std::uint64_t first, void* out,
            std::int64_t n) {
  const Sequence s{seed, stream, step};
  fill(first, static_cast<T*>(out), n, [&](std::uint64_t block, T* to) { normal_chunk(s, block, to); });
}

template <class T>
void uniform(std::uint64_t seed, std::uint32_t stream, std::uint32_t step, std::uint64_t first, void* out,
             std::int64_t n) {
  const Sequence s{seed, stream, step};
  fill(first, static_cast<T*>(out), n, [&](std::uint64_t block, T* to) { uniform_chunk(s, block, to); });
}

}  // namespace

extern constexpr ByDtype<Random> random_table{{normal<float>, uniform<float>}, {normal<double>, uniform<double>}};

}  // namespace fokker::kernels::FOKKER_ISA
