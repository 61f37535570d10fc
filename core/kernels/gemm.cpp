#include "fokker/core/kernels/gemm_pack.h"
#include "fokker/core/kernels/scratch.h"

namespace fokker::kernels::FOKKER_ISA {
namespace {

// K is cut into slices whose panels of B stay in the caches; the cut depends on K alone, since it decides the bits.
constexpr std::int64_t slice = 384;
constexpr std::int64_t block_columns = 512;

template <class T>
constexpr T smaller(T a, T b) {
  return a < b ? a : b;
}

/// One slice of K and one block of columns.
template <class T>
struct Block {
  const GemmArguments& g;
  std::int64_t k_begin, k, column_begin, columns;
  bool add;

  const T* a(std::int64_t row) const {
    const T* base = static_cast<const T*>(g.a);
    return g.transpose_a ? base + k_begin * g.lda + row : base + row * g.lda + k_begin;
  }
  const T* b(std::int64_t column) const {
    const T* base = static_cast<const T*>(g.b);
    column += column_begin;
    return g.transpose_b ? base + column * g.ldb + k_begin : base + k_begin * g.ldb + column;
  }
  T* c(std::int64_t row, std::int64_t column) const {
    return static_cast<T*>(g.c) + row * g.ldc + column_begin + column;
  }
  void pack(std::int64_t column, T* panel) const {
    const std::int64_t width = smaller<std::int64_t>(tile_columns<T>, columns - column);
    if (g.transpose_b)
      pack_transposed_panel(b(column), g.ldb, k, width, panel);
    else
      pack_panel(b(column), g.ldb, k, width, panel);
  }
};

/// All columns of the rows [row, row + rows): A from its own memory, or packed.
template <class T>
void multiply_rows(const Block<T>& block, std::int64_t row, int rows, const T* packed_a, const T* panels,
                   std::int64_t direct) {
  constexpr int width = tile_columns<T>;
  const GemmArguments& g = block.g;
  Tile<T> t{.a = packed_a ? packed_a : block.a(row),
            .a_row = g.transpose_a ? 1 : g.lda,
            .a_step = packed_a        ? tile_rows
                      : g.transpose_a ? g.lda
                                      : 1,
            .b = nullptr,
            .b_step = 0,
            .c = nullptr,
            .c_row = g.ldc,
            .k = block.k,
            .columns = 0,
            .add = block.add};
  const TileKernel<T> whole = tile_kernel<T, 2>(rows), narrow = tile_kernel<T, 1>(rows);
  for (std::int64_t column = 0; column < block.columns; column += width) {
    const bool in_place = column < direct;
    t.b = in_place ? block.b(column) : panels + (column - direct) * block.k;
    t.b_step = in_place ? g.ldb : width;
    t.c = block.c(row, column);
    t.columns = smaller<std::int64_t>(width, block.columns - column);
    (t.columns <= lanes<T> ? narrow : whole)(t);
  }
}

template <class T>
void multiply_block(const Block<T>& block, T* panels, T* packed_a) {
  constexpr std::int64_t width = tile_columns<T>;
  const GemmArguments& g = block.g;
  // Few rows use B once or twice: packing would cost more than it saves.
  const bool in_place = !g.transpose_b && g.m <= 2 * tile_rows;
  const std::int64_t direct = in_place ? block.columns / width * width : 0;
  for (std::int64_t column = direct; column < block.columns; column += width)
    block.pack(column, panels + (column - direct) * block.k);
  const bool pack_a = g.transpose_a && block.columns > 2 * width;
  for (std::int64_t row = 0; row < g.m;) {
    const int rows = tile_height(g.m - row);
    if (pack_a) pack_rows(block.a(row), g.lda, block.k, rows, packed_a);
    multiply_rows(block, row, rows, pack_a ? packed_a : nullptr, panels, direct);
    row += rows;
  }
}

template <class T>
void clear(const GemmArguments& g) {
  for (std::int64_t i = 0; i < g.m; ++i)
    __builtin_memset(static_cast<T*>(g.c) + i * g.ldc, 0, static_cast<std::size_t>(g.n) * sizeof(T));
}

}  // namespace

template <class T>
void gemm(const GemmArguments& g) {
  if (g.m <= 0 || g.n <= 0) return;
  if (g.k <= 0) {
    if (!g.accumulate) clear<T>(g);
    return;
  }
  constexpr std::int64_t width = tile_columns<T>;
  const std::int64_t k_most = smaller(g.k, slice),
                     columns_most = smaller((g.n + width - 1) / width * width, block_columns);
  const std::int64_t panel_elements = k_most * columns_most;
  const Scratch<T> scratch(panel_elements + k_most * tile_rows);
  for (std::int64_t column = 0; column < g.n; column += block_columns)
    for (std::int64_t k = 0; k < g.k; k += slice) {
      const Block<T> block{
          g, k, smaller(slice, g.k - k), column, smaller(block_columns, g.n - column), g.accumulate || k > 0};
      multiply_block(block, scratch.data(), scratch.data() + panel_elements);
    }
}

void gemm_f32(const GemmArguments& arguments) { gemm<float>(arguments); }
void gemm_f64(const GemmArguments& arguments) { gemm<double>(arguments); }

}  // namespace fokker::kernels::FOKKER_ISA
