#include "fokker/experiments/data/dataset.h"

#include <algorithm>

#include "fokker/core/base/error.h"

namespace fokker {
namespace {

/// Rows of `width` values; none of an empty list.
template <class T>
std::vector<T> rows_of(const std::vector<T>& values, std::span<const std::int64_t> indices, std::int64_t width) {
  std::vector<T> result;
  if (values.empty()) return result;
  for (const auto index : indices)
    result.insert(result.end(), values.begin() + index * width, values.begin() + (index + 1) * width);
  return result;
}

}  // namespace

std::int64_t Dataset::classes() const { return labels.empty() ? 0 : 1 + *std::ranges::max_element(labels); }

Shape sample_shape(const Dataset& data) {
  const Shape& shape = data.x.shape();
  return Shape(std::span(shape.begin() + 1, shape.end()));
}

Dataset subset(const Dataset& data, std::span<const std::int64_t> indices) {
  const auto rows = [&](const Tensor& x) {
    Tensor result = Tensor::empty(with_extent(x.shape(), 0, std::ssize(indices)));
    const std::int64_t width = x.extent(0) > 0 ? x.size() / x.extent(0) : 0;
    const auto from = x.data<float>();
    auto to = result.data<float>();
    for (std::size_t i = 0; i < indices.size(); ++i) {
      require<ShapeError>(indices[i] >= 0 && indices[i] < x.extent(0), "[subset] expected a row in [0, {}), got {}",
                          x.extent(0), indices[i]);
      std::copy_n(from.begin() + indices[i] * width, width, to.begin() + static_cast<std::int64_t>(i) * width);
    }
    return result;
  };
  Dataset result = data;
  result.x = rows(data.x);
  if (data.target.defined()) result.target = rows(data.target);
  result.labels = rows_of(data.labels, indices, 1);
  result.captions = rows_of(data.captions, indices, 1);
  result.tokens = rows_of(data.tokens, indices, std::ssize(data.tokens) / std::max<std::int64_t>(data.size(), 1));
  result.held_out = rows_of(data.held_out, indices, 1);
  result.pairs = rows_of(data.pairs, indices, 1);
  return result;
}

}  // namespace fokker
