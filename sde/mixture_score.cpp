#include "fokker/sde/mixture_score.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <string_view>

#include "fokker/core/kernels/kernels.h"

// The loop is fused, because the exact score of a mixture is the inner loop of every solver study.  As
// separate ops it would take three times as long.  It would also lose half of the digits at large
// coordinates, where |x|² cancels in the logits.

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define FOKKER_MIXTURE_V3 __attribute__((target("arch=x86-64-v3")))
#define FOKKER_MIXTURE_V4 __attribute__((target("arch=x86-64-v4,prefer-vector-width=512")))
#endif
#define FOKKER_INLINE inline __attribute__((always_inline))

namespace fokker::detail {
namespace {

/// 64 bytes of lanes, one sample a lane: each op below is one instruction on AVX-512, a few on narrower machines.
template <class T>
struct LanesOf;
template <>
struct LanesOf<float> {
  typedef float Real __attribute__((vector_size(64)));
  typedef std::int32_t Bits __attribute__((vector_size(64)));
  static constexpr float magic = 12582912.0F, least = -87.0F, ln2_high = 0.693359375F, ln2_low = -2.12194440e-4F;
  static constexpr int mantissa = 23, bias = 127, degree = 7;
};
template <>
struct LanesOf<double> {
  typedef double Real __attribute__((vector_size(64)));
  typedef std::int64_t Bits __attribute__((vector_size(64)));
  static constexpr double magic = 6755399441055744.0, least = -708.0, ln2_high = 6.93145751953125e-1,
                          ln2_low = 1.42860682030941723212e-6;
  static constexpr int mantissa = 52, bias = 1023, degree = 13;
};

/// e^x for x ≤ 0, branch-free: x = n ln 2 + r, the Taylor polynomial at |r| ≤ ½ ln 2, and n into the exponent.
template <class T>
FOKKER_INLINE typename LanesOf<T>::Real exp_of_negative(typename LanesOf<T>::Real x) {
  using L = LanesOf<T>;
  using Real = typename L::Real;
  using Bits = typename L::Bits;
  const Real bounded = x > L::least ? x : Real{} + L::least;
  const Real shifted = bounded * T(1.44269504088896340736) + L::magic;  // n lies in the low bits
  const Real n = shifted - L::magic;
  const Real r = (bounded - n * L::ln2_high) - n * L::ln2_low;
  T inverse_factorial[L::degree + 1] = {1};
  for (int i = 1; i <= L::degree; ++i) inverse_factorial[i] = inverse_factorial[i - 1] / T(i);
  Real p = Real{} + inverse_factorial[L::degree];
#pragma GCC unroll 16
  for (int i = L::degree - 1; i >= 0; --i) p = p * r + inverse_factorial[i];
  const Bits exponent = (reinterpret_cast<Bits>(shifted) - reinterpret_cast<Bits>(Real{} + L::magic) + L::bias)
                        << L::mantissa;
  return p * reinterpret_cast<Real>(exponent);
}

/// What the loops read, and room for one tile of samples.
template <class T>
struct Work {
  using Real = typename LanesOf<T>::Real;
  static constexpr std::int64_t lanes = 64 / sizeof(T);
  const T *means, *half_precision, *offset;
  std::int64_t components, dimension;
  Real *x, *total, *logit;  // [dimension], [dimension], [components]
};

/// total ← the score at x, one sample a lane.  `D` fixes the dimension at compile time where it is positive.
template <class T, int D>
FOKKER_INLINE void score_tile(const Work<T>& work, const typename Work<T>::Real* x, typename Work<T>::Real* total) {
  using Real = typename Work<T>::Real;
  const std::int64_t d = D > 0 ? D : work.dimension;
  Real largest = Real{} - std::numeric_limits<T>::infinity();
  for (std::int64_t k = 0; k < work.components; ++k) {
    Real distance{};
    for (std::int64_t j = 0; j < d; ++j) {
      const Real difference = x[j] - work.means[k * d + j];
      distance += difference * difference;
    }
    const Real value = work.offset[k] - work.half_precision[k] * distance;
    work.logit[k] = value;
    largest = value > largest ? value : largest;
  }
  Real weight{};
  for (std::int64_t j = 0; j < d; ++j) total[j] = Real{};
  for (std::int64_t k = 0; k < work.components; ++k) {
    const Real p = exp_of_negative<T>(work.logit[k] - largest);
    weight += p;
    const Real pull = p * (2 * work.half_precision[k]);
    for (std::int64_t j = 0; j < d; ++j) total[j] += pull * (work.means[k * d + j] - x[j]);
  }
  const Real inverse = T(1) / weight;
  for (std::int64_t j = 0; j < d; ++j) total[j] *= inverse;
}

/// Two vectors of pairs ↔ a vector of firsts and one of seconds.
template <class T, bool split>
FOKKER_INLINE void rearrange(typename LanesOf<T>::Real& a, typename LanesOf<T>::Real& b) {
  constexpr int lanes = 64 / sizeof(T);
  typename LanesOf<T>::Bits first, second;
  for (int l = 0; l < lanes; ++l) {
    first[l] = split ? 2 * l : l / 2 + (l % 2) * lanes;
    second[l] = split ? 2 * l + 1 : lanes / 2 + l / 2 + (l % 2) * lanes;
  }
  const auto low = __builtin_shuffle(a, b, first), high = __builtin_shuffle(a, b, second);
  a = low, b = high;
}

/// A whole tile of one or two dimensions, in registers.
template <class T, int D>
FOKKER_INLINE void small_tile(const Work<T>& work, const T* from, T* to) {
  using Real = typename Work<T>::Real;
  Real x[D], total[D];
  std::memcpy(x, from, sizeof x);
  if constexpr (D == 2) rearrange<T, true>(x[0], x[1]);
  score_tile<T, D>(work, x, total);
  if constexpr (D == 2) rearrange<T, false>(total[0], total[1]);
  std::memcpy(to, total, sizeof total);
}

/// A short last tile is filled up with its first row, so that every row goes through the same instructions.
template <class T, int D>
FOKKER_INLINE void all_tiles(const Work<T>& work, const T* x, T* out, std::int64_t rows) {
  constexpr std::int64_t lanes = Work<T>::lanes;
  const std::int64_t d = D > 0 ? D : work.dimension;
  for (std::int64_t begin = 0; begin < rows; begin += lanes) {
    const std::int64_t count = std::min(lanes, rows - begin);
    const T* from = x + begin * d;
    T* to = out + begin * d;
    if constexpr (D > 0) {
      if (count == lanes) {
        small_tile<T, D>(work, from, to);
        continue;
      }
      T padded[lanes * D], result[lanes * D];
      for (std::int64_t l = 0; l < lanes; ++l)
        for (std::int64_t j = 0; j < D; ++j) padded[l * D + j] = from[(l < count ? l : 0) * D + j];
      small_tile<T, D>(work, padded, result);
      std::memcpy(to, result, static_cast<std::size_t>(count * D) * sizeof(T));
    } else {
      for (std::int64_t j = 0; j < d; ++j)
        for (std::int64_t l = 0; l < lanes; ++l) work.x[j][l] = from[(l < count ? l : 0) * d + j];
      score_tile<T, D>(work, work.x, work.total);
      for (std::int64_t j = 0; j < d; ++j)
        for (std::int64_t l = 0; l < count; ++l) to[l * d + j] = work.total[j][l];
    }
  }
}

template <class T>
FOKKER_INLINE void any_dimension(const Work<T>& work, const T* x, T* out, std::int64_t rows) {
  if (work.dimension == 1) return all_tiles<T, 1>(work, x, out, rows);
  if (work.dimension == 2) return all_tiles<T, 2>(work, x, out, rows);
  all_tiles<T, 0>(work, x, out, rows);
}

template <class T>
void baseline(const Work<T>& work, const T* x, T* out, std::int64_t rows) {
  any_dimension(work, x, out, rows);
}
#ifdef FOKKER_MIXTURE_V4
template <class T>
FOKKER_MIXTURE_V3 void v3(const Work<T>& work, const T* x, T* out, std::int64_t rows) {
  any_dimension(work, x, out, rows);
}
template <class T>
FOKKER_MIXTURE_V4 void v4(const Work<T>& work, const T* x, T* out, std::int64_t rows) {
  any_dimension(work, x, out, rows);
}
#endif

template <class T>
void run(const Work<T>& work, const T* x, T* out, std::int64_t rows) {
#ifdef FOKKER_MIXTURE_V4
  const std::string_view isa = kernels::table().name;
  if (isa == "x86-64-v4") return v4(work, x, out, rows);
  if (isa == "x86-64-v3") return v3(work, x, out, rows);
#endif
  baseline(work, x, out, rows);
}

}  // namespace

Tensor mixture_score(const MixtureTerms& terms, const Tensor& x) {
  Tensor out = Tensor::empty(x.shape(), x.dtype());
  visit(x.dtype(), [&]<class T>(T) {
    using Real = typename Work<T>::Real;
    const auto k = static_cast<std::size_t>(terms.components), d = static_cast<std::size_t>(terms.dimension);
    const std::vector<T> means(terms.means.begin(), terms.means.end());
    const std::vector<T> half_precision(terms.half_precision.begin(), terms.half_precision.end());
    const std::vector<T> offset(terms.offset.begin(), terms.offset.end());
    Tensor scratch = Tensor::empty({static_cast<std::int64_t>((2 * d + k) * sizeof(Real) / sizeof(T))}, dtype_of<T>);
    Real* at = static_cast<Real*>(scratch.raw());
    const Work<T> work{
        means.data(), half_precision.data(), offset.data(), terms.components, terms.dimension, at, at + d, at + 2 * d};
    run(work, x.data<T>().data(), out.data<T>().data(), x.extent(0));
  });
  return out;
}

}  // namespace fokker::detail
