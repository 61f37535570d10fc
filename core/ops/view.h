#pragma once

#include <vector>

#include "fokker/core/ops/autodiff.h"

namespace fokker {

/// Returns the elements of x in another shape of equal size; shares memory.
Tensor reshape(const Tensor& x, const Shape& shape);
/// Returns x with its axes reordered: axis i of the result is axis `axes[i]` of x.
Tensor permute(const Tensor& x, std::initializer_list<int> axes);
/// Returns x with the last two axes exchanged.
Tensor transpose(const Tensor& x);
/// Returns elements [begin, end) of an axis.
Tensor slice(const Tensor& x, int axis, std::int64_t begin, std::int64_t end);
/// Returns x with zeros before and after it along an axis.
Tensor pad(const Tensor& x, int axis, std::int64_t before, std::int64_t after);
/// Returns tensors side by side along an axis.
Tensor concat(std::span<const Tensor> parts, int axis);
Tensor concat(std::initializer_list<Tensor> parts, int axis);
Tensor broadcast_to(const Tensor& x, const Shape& shape);
/// Returns rows `indices` of the first axis (an embedding lookup).  Throws ShapeError for an index out of range.
Tensor gather(const Tensor& x, std::span<const std::int64_t> indices);
/// Returns [rows, …]: zeros with row i of x added to row indices[i], in order.
Tensor scatter_add(const Tensor& x, std::span<const std::int64_t> indices, std::int64_t rows);

}  // namespace fokker
