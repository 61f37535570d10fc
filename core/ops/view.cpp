#include "fokker/core/ops/view.h"

#include <array>
#include <cstring>

#include "fokker/core/ops/broadcast.h"
#include "fokker/core/ops/reduce.h"

namespace fokker {
namespace {

/// Copies blocks of `bytes` between two arrays of blocks with their own pitches.
void copy_blocks(const void* from, std::int64_t from_pitch, void* to, std::int64_t to_pitch, std::int64_t count,
                 std::int64_t bytes) {
  const auto* source = static_cast<const char*>(from);
  auto* target = static_cast<char*>(to);
  for (std::int64_t i = 0; i < count; ++i, source += from_pitch, target += to_pitch)
    std::memcpy(target, source, static_cast<std::size_t>(bytes));
}

/// The axis seen from outside: how many blocks lie before it, and how many bytes one of its elements holds.
struct AxisBytes {
  std::int64_t outer = 1, element = 1;
  AxisBytes(const Tensor& x, int axis) : element(element_size(x.dtype())) {
    for (int i = 0; i < x.rank(); ++i) (i < axis ? outer : element) *= i == axis ? 1 : x.extent(i);
  }
};

using Order = std::array<int, Shape::max_rank>;

/// x permuted: for every index of the result, the strided source; whole trailing axes are copied at once.
Tensor permuted(const Tensor& x, const Order& order) {
  const int rank = x.rank();
  std::array<std::int64_t, Shape::max_rank> extents{}, stride{}, source_stride{};
  std::int64_t step = element_size(x.dtype());
  for (int i = rank - 1; i >= 0; step *= x.extent(i), --i) source_stride[static_cast<std::size_t>(i)] = step;
  for (int i = 0; i < rank; ++i) {
    extents[static_cast<std::size_t>(i)] = x.extent(order[static_cast<std::size_t>(i)]);
    stride[static_cast<std::size_t>(i)] = source_stride[static_cast<std::size_t>(order[static_cast<std::size_t>(i)])];
  }
  Tensor out =
      Tensor::empty(Shape(std::span<const std::int64_t>(extents.data(), static_cast<std::size_t>(rank))), x.dtype());
  if (out.size() == 0) return out;
  int fixed = rank;  // axes [fixed, rank) keep their place
  while (fixed > 0 && order[static_cast<std::size_t>(fixed - 1)] == fixed - 1) --fixed;
  std::int64_t block = element_size(x.dtype());
  for (int i = fixed; i < rank; ++i) block *= extents[static_cast<std::size_t>(i)];

  std::array<std::int64_t, Shape::max_rank> index{};
  const auto* from = static_cast<const char*>(x.raw());
  auto* to = static_cast<char*>(out.raw());
  const std::int64_t last = fixed > 0 ? extents[static_cast<std::size_t>(fixed - 1)] : 1;
  const std::int64_t last_stride = fixed > 0 ? stride[static_cast<std::size_t>(fixed - 1)] : 0;
  for (const auto* end = to + out.bytes(); to != end; to += block * last) {
    copy_blocks(from, last_stride, to, block, last, block);
    for (int i = fixed - 2; i >= 0; --i) {
      const auto axis = static_cast<std::size_t>(i);
      from += stride[axis];
      if (++index[axis] < extents[axis]) break;
      from -= stride[axis] * extents[axis];
      index[axis] = 0;
    }
  }
  return out;
}

Tensor permute(const Tensor& x, const Order& order) {
  Order inverse{};
  for (int i = 0; i < x.rank(); ++i) inverse[static_cast<std::size_t>(order[static_cast<std::size_t>(i)])] = i;
  return record(Op::permute, inputs(x), permuted(x, order),
                [inverse](const Tensor& dy) { return Gradients{permute(dy, inverse)}; });
}

}  // namespace

Tensor reshape(const Tensor& x, const Shape& shape) {
  if (x.shape() == shape) return x;
  return record(Op::reshape, inputs(x), x.view(shape),
                [before = x.shape()](const Tensor& dy) { return Gradients{reshape(dy, before)}; });
}

Tensor permute(const Tensor& x, std::initializer_list<int> axes) {
  require<ShapeError>(static_cast<int>(axes.size()) == x.rank(), "[permute] expected {} axes for {}, got {}", x.rank(),
                      x.shape(), axes.size());
  Order order{};
  unsigned seen = 0;
  int i = 0;
  for (int axis : axes) {
    order[static_cast<std::size_t>(i)] = normalise_axis(axis, x.rank(), "permute");
    seen |= 1u << order[static_cast<std::size_t>(i++)];
  }
  require<ShapeError>(seen == (1u << x.rank()) - 1, "[permute] every axis must appear once");
  return permute(x, order);
}

Tensor transpose(const Tensor& x) {
  require<ShapeError>(x.rank() >= 2, "[transpose] expected at least two axes, got {}", x.shape());
  Order order{};
  for (int i = 0; i < x.rank(); ++i) order[static_cast<std::size_t>(i)] = i;
  std::swap(order[static_cast<std::size_t>(x.rank() - 1)], order[static_cast<std::size_t>(x.rank() - 2)]);
  return permute(x, order);
}

Tensor slice(const Tensor& x, int axis, std::int64_t begin, std::int64_t end) {
  axis = normalise_axis(axis, x.rank(), "slice");
  require<ShapeError>(0 <= begin && begin <= end && end <= x.extent(axis),
                      "[slice] expected 0 ≤ begin ≤ end ≤ {}, got {} and {}", x.extent(axis), begin, end);
  Tensor value;
  if (axis == 0) {
    value = x.rows(begin, end);
  } else {
    value = Tensor::empty(with_extent(x.shape(), axis, end - begin), x.dtype());
    const AxisBytes axes(x, axis);
    copy_blocks(static_cast<const char*>(x.raw()) + begin * axes.element, x.extent(axis) * axes.element, value.raw(),
                (end - begin) * axes.element, axes.outer, (end - begin) * axes.element);
  }
  return record(Op::slice, inputs(x), std::move(value), [axis, begin, after = x.extent(axis) - end](const Tensor& dy) {
    return Gradients{pad(dy, axis, begin, after)};
  });
}

Tensor pad(const Tensor& x, int axis, std::int64_t before, std::int64_t after) {
  axis = normalise_axis(axis, x.rank(), "pad");
  require<ShapeError>(before >= 0 && after >= 0, "[pad] expected widths ≥ 0, got {} and {}", before, after);
  const std::int64_t n = x.extent(axis);
  Tensor value = Tensor::zeros(with_extent(x.shape(), axis, before + n + after), x.dtype());
  const AxisBytes axes(x, axis);
  copy_blocks(x.raw(), n * axes.element, static_cast<char*>(value.raw()) + before * axes.element,
              (before + n + after) * axes.element, axes.outer, n * axes.element);
  return record(Op::pad, inputs(x), std::move(value),
                [axis, before, n](const Tensor& dy) { return Gradients{slice(dy, axis, before, before + n)}; });
}

namespace {

Tensor concat(const Tensor& a, const Tensor& b, int axis) {
  require<ShapeError>(a.rank() == b.rank() && a.dtype() == b.dtype() &&
                          with_extent(a.shape(), axis, 1) == with_extent(b.shape(), axis, 1),
                      "[concat] expected shapes equal but for axis {}, got {} and {}", axis, a.shape(), b.shape());
  const std::int64_t m = a.extent(axis), n = b.extent(axis);
  Tensor value = Tensor::empty(with_extent(a.shape(), axis, m + n), a.dtype());
  const AxisBytes axes(a, axis);
  auto* out = static_cast<char*>(value.raw());
  copy_blocks(a.raw(), m * axes.element, out, (m + n) * axes.element, axes.outer, m * axes.element);
  copy_blocks(b.raw(), n * axes.element, out + m * axes.element, (m + n) * axes.element, axes.outer, n * axes.element);
  return record(Op::concat, inputs(a, b), std::move(value),
                [a_tracked = a.tracked(), b_tracked = b.tracked(), axis, m, n](const Tensor& dy) {
                  return Gradients{a_tracked ? slice(dy, axis, 0, m) : Tensor{},
                                   b_tracked ? slice(dy, axis, m, m + n) : Tensor{}};
                });
}

}  // namespace

Tensor concat(std::span<const Tensor> parts, int axis) {
  require<ShapeError>(!parts.empty(), "[concat] expected at least one tensor");
  axis = normalise_axis(axis, parts[0].rank(), "concat");
  // The parts are joined by halves, so that an element is copied log₂(parts) times.
  if (parts.size() == 1) return parts[0];
  const std::size_t half = parts.size() / 2;
  return concat(concat(parts.first(half), axis), concat(parts.subspan(half), axis), axis);
}

Tensor concat(std::initializer_list<Tensor> parts, int axis) {
  return concat(std::span<const Tensor>(parts.begin(), parts.size()), axis);
}

Tensor broadcast_to(const Tensor& x, const Shape& shape) {
  if (x.shape() == shape) return x;
  return record(Op::broadcast_to, inputs(x), detail::expand(x, shape, "broadcast_to"),
                [before = x.shape()](const Tensor& dy) { return Gradients{sum_to(dy, before)}; });
}

}  // namespace fokker
