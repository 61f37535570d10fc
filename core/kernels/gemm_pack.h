#pragma once

#include "fokker/core/kernels/gemm_tile.h"

namespace fokker::kernels::FOKKER_ISA {

/// Transposes as many rows of V in place as V has lanes.
template <class V>
FOKKER_INLINE void transpose(V* row) {
  constexpr int n = lanes<ElementOf<V>>;
  using I = typename Simd<ElementOf<V>>::I;
#pragma GCC unroll 4
  for (int h = n / 2; h > 0; h /= 2) {
    I low, high;
    for (int j = 0; j < n; ++j) {
      low[j] = (j & h) == 0 ? j : n + j - h;
      high[j] = (j & h) == 0 ? j + h : n + j;
    }
#pragma GCC unroll 16
    for (int i = 0; i < n; ++i)
      if ((i & h) == 0) {
        const V a = row[i], b = row[i + h];
        row[i] = __builtin_shuffle(a, b, low);
        row[i + h] = __builtin_shuffle(a, b, high);
      }
  }
}

/// Packs columns [0, columns) of B [k, …] as a panel [k, tile_columns], padded with zeros.
template <class T>
void pack_panel(const T* b, std::int64_t ldb, std::int64_t k, std::int64_t columns, T* panel) {
  constexpr int width = tile_columns<T>;
  for (std::int64_t p = 0; p < k; ++p, b += ldb, panel += width) {
    if (columns == width) {
      __builtin_memcpy(panel, b, width * sizeof(T));
      continue;
    }
    for (int j = 0; j < width; ++j) panel[j] = j < columns ? b[j] : T{};
  }
}

/// Packs the panel from Bᵀ [columns, k].
template <class T>
void pack_transposed_panel(const T* b, std::int64_t ldb, std::int64_t k, std::int64_t columns, T* panel) {
  using V = VectorOf<T>;
  constexpr int width = tile_columns<T>, n = lanes<T>;
  for (int strip = 0; strip < width; strip += n) {
    std::int64_t p = 0;
    if (strip + n <= columns)
      for (; p + n <= k; p += n) {
        V block[n];
        for (int i = 0; i < n; ++i) block[i] = load<V>(b + (strip + i) * ldb + p);
        transpose(block);
        for (int i = 0; i < n; ++i) store(panel + (p + i) * width + strip, block[i]);
      }
    for (; p < k; ++p)
      for (int i = 0; i < n; ++i) panel[p * width + strip + i] = strip + i < columns ? b[(strip + i) * ldb + p] : T{};
  }
}

/// Packs rows of Aᵀ [k, …] as [k, tile_rows].
template <class T>
void pack_rows(const T* a, std::int64_t lda, std::int64_t k, std::int64_t rows, T* packed) {
  for (std::int64_t p = 0; p < k; ++p, a += lda, packed += tile_rows)
    for (int i = 0; i < tile_rows; ++i) packed[i] = i < rows ? a[i] : T{};
}

}  // namespace fokker::kernels::FOKKER_ISA
