#include <cstring>

#include "fokker/core/kernels/kernels.h"
#include "fokker/core/ops/view.h"

namespace fokker {
namespace {

void check_indices(std::span<const std::int64_t> indices, std::int64_t rows, const char* where) {
  for (std::int64_t index : indices)
    require<ShapeError>(index >= 0 && index < rows, "[{}] index {} is outside the {} rows", where, index, rows);
}

}  // namespace

Tensor gather(const Tensor& x, std::span<const std::int64_t> indices) {
  require<ShapeError>(x.rank() >= 1, "[gather] expected at least one axis, got {}", x.shape());
  const std::int64_t rows = x.extent(0);
  check_indices(indices, rows, "gather");
  Tensor value = Tensor::empty(with_extent(x.shape(), 0, static_cast<std::int64_t>(indices.size())), x.dtype());
  const std::int64_t row = rows == 0 ? 0 : x.bytes() / rows;
  auto* out = static_cast<char*>(value.raw());
  for (std::int64_t index : indices) {
    std::memcpy(out, static_cast<const char*>(x.raw()) + index * row, static_cast<std::size_t>(row));
    out += row;
  }
  return record(Op::gather, inputs(x), std::move(value),
                [rows, kept = std::vector<std::int64_t>(indices.begin(), indices.end())](const Tensor& dy) {
                  return Gradients{scatter_add(dy, kept, rows)};
                });
}

Tensor scatter_add(const Tensor& x, std::span<const std::int64_t> indices, std::int64_t rows) {
  require<ShapeError>(x.rank() >= 1 && x.extent(0) == static_cast<std::int64_t>(indices.size()),
                      "[scatter_add] expected {} rows, one an index, got {}", indices.size(), x.shape());
  check_indices(indices, rows, "scatter_add");
  Tensor value = Tensor::zeros(with_extent(x.shape(), 0, rows), x.dtype());
  const std::int64_t elements = indices.empty() ? 0 : x.size() / x.extent(0), row = elements * element_size(x.dtype());
  const auto* from = static_cast<const char*>(x.raw());
  for (std::int64_t index : indices) {
    kernels::elementwise(x.dtype()).accumulate(from, static_cast<char*>(value.raw()) + index * row, elements);
    from += row;
  }
  return record(Op::scatter_add, inputs(x), std::move(value),
                [kept = std::vector<std::int64_t>(indices.begin(), indices.end())](const Tensor& dy) {
                  return Gradients{gather(dy, kept)};
                });
}

}  // namespace fokker
