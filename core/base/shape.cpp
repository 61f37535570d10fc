#include "fokker/core/base/shape.h"

#include <algorithm>
#include <vector>

#include <fmt/ranges.h>

#include "fokker/core/base/error.h"

namespace fokker {

Shape::Shape(std::initializer_list<std::int64_t> extents) { assign({extents.begin(), extents.size()}); }
Shape::Shape(std::span<const std::int64_t> extents) { assign(extents); }

void Shape::assign(std::span<const std::int64_t> extents) {
  require<ShapeError>(extents.size() <= max_rank, "[shape] expected at most {} axes, got {}", max_rank, extents.size());
  for (std::int64_t extent : extents) {
    require<ShapeError>(extent >= 0, "[shape] expected extents ≥ 0, got {}", extent);
    require<ShapeError>(extent == 0 || size_ <= (std::int64_t{1} << 62) / extent,
                        "[shape] more than 2^62 elements: extent {} is too large", extent);
    size_ *= extent;
    extents_[rank_++] = extent;
  }
}

std::string to_string(const Shape& shape) { return fmt::format("[{}]", fmt::join(shape.begin(), shape.end(), ", ")); }

Shape broadcast(const Shape& a, const Shape& b, const char* where) {
  const int rank = std::max(a.rank(), b.rank());
  std::int64_t extents[Shape::max_rank] = {};
  for (int i = 1; i <= rank; ++i) {
    const std::int64_t m = i <= a.rank() ? a[-i] : 1;
    const std::int64_t n = i <= b.rank() ? b[-i] : 1;
    require<ShapeError>(m == n || m == 1 || n == 1, "[{}] shapes {} and {} do not broadcast: extents {} and {} differ",
                        where, a, b, m, n);
    extents[rank - i] = m == 1 ? n : m;
  }
  return Shape(std::span<const std::int64_t>(extents, static_cast<std::size_t>(rank)));
}

int normalise_axis(int axis, int rank, const char* where) {
  require<ShapeError>(axis >= -rank && axis < rank, "[{}] expected an axis in [{}, {}), got {}", where, -rank, rank,
                      axis);
  return axis < 0 ? axis + rank : axis;
}

Shape with_extent(const Shape& shape, int axis, std::int64_t extent) {
  std::vector<std::int64_t> extents(shape.begin(), shape.end());
  extents.at(static_cast<std::size_t>(axis)) = extent;
  return Shape(std::span<const std::int64_t>(extents));
}

Shape without_axis(const Shape& shape, int axis) {
  std::vector<std::int64_t> extents(shape.begin(), shape.end());
  extents.erase(extents.begin() + axis);
  return Shape(std::span<const std::int64_t>(extents));
}

Shape with_axis(const Shape& shape, int axis, std::int64_t extent) {
  std::vector<std::int64_t> extents(shape.begin(), shape.end());
  extents.insert(extents.begin() + axis, extent);
  return Shape(std::span<const std::int64_t>(extents));
}

}  // namespace fokker
