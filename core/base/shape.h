#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>

namespace fokker {

/// The extents of a row-major array of rank 0 to 6, held inline.
class Shape {
 public:
  static constexpr int max_rank = 6;

  Shape() = default;
  /// Throws ShapeError for more than six extents, a negative one, or a product beyond 2^62.
  Shape(std::initializer_list<std::int64_t> extents);
  explicit Shape(std::span<const std::int64_t> extents);

  int rank() const { return rank_; }
  std::int64_t size() const { return size_; }
  /// Returns the extent of `axis`; negative axes count from the end.
  std::int64_t operator[](int axis) const { return extents_[axis < 0 ? axis + rank_ : axis]; }
  const std::int64_t* begin() const { return extents_; }
  const std::int64_t* end() const { return extents_ + rank_; }

  friend bool operator==(const Shape& a, const Shape& b) {
    if (a.rank_ != b.rank_) return false;
    for (int i = 0; i < a.rank_; ++i)
      if (a.extents_[i] != b.extents_[i]) return false;
    return true;
  }

 private:
  void assign(std::span<const std::int64_t> extents);

  std::int64_t extents_[max_rank] = {};
  std::int64_t size_ = 1;
  int rank_ = 0;
};

/// Returns a text such as "[64, 8, 8, 1]".
std::string to_string(const Shape& shape);

/// Returns the shape to which a and b broadcast by NumPy's rule.  They are aligned at the last axis, and their extents
/// are equal or 1.  Throws ShapeError, which names `where`.
Shape broadcast(const Shape& a, const Shape& b, const char* where);

/// Returns `axis` in [0, rank); negative axes count from the end.  Throws ShapeError, which names `where`.
int normalise_axis(int axis, int rank, const char* where);

/// Return copies of `shape` with one extent replaced, removed, or inserted before `axis`.
Shape with_extent(const Shape& shape, int axis, std::int64_t extent);
Shape without_axis(const Shape& shape, int axis);
Shape with_axis(const Shape& shape, int axis, std::int64_t extent);

}  // namespace fokker

/// Formats a shape as `to_string` does, but only when the text is wanted, so that `require(…, "… got {}", x.shape())`
/// is free where the condition holds.
template <>
struct fmt::formatter<fokker::Shape> : fmt::formatter<fmt::string_view> {
  auto format(const fokker::Shape& shape, fmt::format_context& context) const -> decltype(context.out()) {
    return fmt::formatter<fmt::string_view>::format(to_string(shape), context);
  }
};
