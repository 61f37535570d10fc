#pragma once

#include "fokker/core/kernels/vector.h"

namespace fokker::kernels::FOKKER_ISA {

// The tile of C held in registers has rows × (vectors of columns); the rest of the register file holds B and one of A.
#if defined(__AVX512F__)
constexpr int tile_rows = 12;
#elif defined(__AVX2__)
constexpr int tile_rows = 6;
#else
constexpr int tile_rows = 4;
#endif
constexpr int tile_vectors = 2;
template <class T>
constexpr int tile_columns = tile_vectors* lanes<T>;

/// The operands of one tile: C [rows, columns] (+)= A [rows, k] B [k, columns].
template <class T>
struct Tile {
  const T* a;
  std::int64_t a_row, a_step;  // strides of A along rows and along k
  const T* b;
  std::int64_t b_step;  // stride of B along k; columns are contiguous
  T* c;
  std::int64_t c_row;
  std::int64_t k;
  std::int64_t columns;  // ≤ vectors·lanes; B may be read to the full width where `columns` is less
  bool add;
};

/// Computes a tile.  Every element of C is one chain of fma over k, whatever the tile's
/// size, so that its bits depend on K alone.
template <class T, int rows, int vectors>
FOKKER_INLINE void multiply_tile(const Tile<T>& t) {
  using V = VectorOf<T>;
  V sum[rows][vectors] = {};
  const T *a[rows], *b = t.b;
#pragma GCC unroll 16
  for (int i = 0; i < rows; ++i) a[i] = t.a + i * t.a_row;
  const std::int64_t a_step = t.a_step, b_step = t.b_step;
  for (std::int64_t k = 0, at = 0; k < t.k; ++k, at += a_step, b += b_step) {
    V column[vectors];
#pragma GCC unroll 4
    for (int j = 0; j < vectors; ++j) column[j] = load<V>(b + j * lanes<T>);
#pragma GCC unroll 16
    for (int i = 0; i < rows; ++i) {
      const V x = splat<V>(a[i][at]);
#pragma GCC unroll 4
      for (int j = 0; j < vectors; ++j) sum[i][j] = fma(x, column[j], sum[i][j]);
    }
  }
#pragma GCC unroll 16
  for (int i = 0; i < rows; ++i)
#pragma GCC unroll 4
    for (int j = 0; j < vectors; ++j) {
      T* c = t.c + i * t.c_row + j * lanes<T>;
      const std::int64_t left = t.columns - j * lanes<T>;
      if (left >= lanes<T>)
        store(c, t.add ? load<V>(c) + sum[i][j] : sum[i][j]);
      else if (left > 0)
        store_partial(c, t.add ? load_partial(c, left) + sum[i][j] : sum[i][j], left);
    }
}

template <class T, int rows, int vectors>
void tile(const Tile<T>& t) {
  multiply_tile<T, rows, vectors>(t);
}

template <class T>
using TileKernel = void (*)(const Tile<T>&);

/// Returns the tallest tile of at most `left` rows.
constexpr int tile_height(std::int64_t left) {
  for (int rows : {12, 8, 6, 4, 2})
    if (rows <= tile_rows && rows <= left) return rows;
  return 1;
}

template <class T, int vectors>
TileKernel<T> tile_kernel(int rows) {
  switch (rows) {
    case 1: return tile<T, 1, vectors>;
    case 2: return tile<T, 2, vectors>;
    case 4: return tile<T, 4, vectors>;
    case 6: return tile < T, tile_rows >= 6 ? 6 : 1, vectors > ;
    case 8: return tile < T, tile_rows >= 8 ? 8 : 1, vectors > ;
    default: return tile<T, tile_rows, vectors>;
  }
}

}  // namespace fokker::kernels::FOKKER_ISA
