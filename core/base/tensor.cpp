#include "fokker/core/base/tensor.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>

#include "fokker/core/base/stop.h"

namespace fokker {

Tensor Tensor::empty(const Shape& shape, Dtype dtype) {
  stop_if_told();  // every op makes a tensor, so that long work ends soon
  Tensor t;
  t.buffer_ = detail::Buffer(detail::allocate(static_cast<std::size_t>(shape.size() * element_size(dtype))));
  t.data_ = t.buffer_.data();
  t.shape_ = shape;
  t.dtype_ = dtype;
  return t;
}

Tensor Tensor::full(const Shape& shape, double value, Dtype dtype) {
  Tensor t = empty(shape, dtype);
  fokker::visit(dtype, [&]<class T>(T) { std::ranges::fill(t.data<T>(), static_cast<T>(value)); });
  return t;
}

Tensor Tensor::from(std::span<const double> values, const Shape& shape, Dtype dtype) {
  require<ShapeError>(static_cast<std::int64_t>(values.size()) == shape.size(),
                      "[tensor] expected {} values for {}, got {}", shape.size(), shape, values.size());
  Tensor t = empty(shape, dtype);
  fokker::visit(dtype, [&]<class T>(T) {
    std::ranges::transform(values, t.data<T>().begin(), [](double v) { return static_cast<T>(v); });
  });
  return t;
}

Tensor Tensor::over(void* data, const Shape& shape, Dtype dtype, std::shared_ptr<void> keep_alive) {
  Tensor t;
  t.buffer_ = detail::Buffer(detail::external_block(data, std::move(keep_alive)));
  t.data_ = data;
  t.shape_ = shape;
  t.dtype_ = dtype;
  return t;
}

double Tensor::item() const {
  require<ShapeError>(defined() && size() == 1, "[item] expected one element, got {}", shape_);
  return at(0);
}

double Tensor::at(std::int64_t index) const {
  require<ShapeError>(defined() && index >= 0 && index < size(), "[at] index {} is out of range for {}", index, shape_);
  return fokker::visit(dtype_, [&]<class T>(T) { return static_cast<double>(static_cast<const T*>(data_)[index]); });
}

std::vector<double> Tensor::to_vector() const {
  return fokker::visit(dtype_, [&]<class T>(T) {
    auto values = data<T>();
    return std::vector<double>(values.begin(), values.end());
  });
}

Tensor Tensor::detach() const {
  Tensor t = *this;
  t.node_ = {};
  return t;
}

Tensor Tensor::alias_leaf() const { return over(const_cast<void*>(data_), shape_, dtype_, nullptr).leaf(); }

Tensor Tensor::view(const Shape& shape) const {
  require<ShapeError>(shape.size() == size(), "[view] {} has {} elements, {} has {}", shape_, size(), shape,
                      shape.size());
  Tensor t = detach();
  t.shape_ = shape;
  return t;
}

Tensor Tensor::rows(std::int64_t begin, std::int64_t end) const {
  require<ShapeError>(rank() > 0 && 0 <= begin && begin <= end && end <= shape_[0],
                      "[rows] expected 0 ≤ begin ≤ end ≤ rows of {}, got {} and {}", shape_, begin, end);
  Tensor t = detach();
  const std::int64_t row = shape_[0] == 0 ? 0 : bytes() / shape_[0];
  t.data_ = static_cast<char*>(data_) + begin * row;
  t.shape_ = with_extent(shape_, 0, end - begin);
  return t;
}

Tensor Tensor::clone() const {
  Tensor t = empty(shape_, dtype_);
  std::memcpy(t.raw(), raw(), static_cast<std::size_t>(bytes()));
  return t;
}

void Tensor::check_dtype(Dtype dtype) const {
  require<ShapeError>(defined() && dtype == dtype_, "[data] expected a tensor of {}, got {}; use cast()",
                      fokker::to_string(dtype), defined() ? fokker::to_string(dtype_) : "an undefined tensor");
}

Tensor link(Tensor value, detail::NodeRef node) {
  value.node_ = std::move(node);
  return value;
}

std::string to_string(const Tensor& tensor) {
  if (!tensor.defined()) return "undefined tensor";
  std::string values;
  for (std::int64_t i = 0; i < std::min<std::int64_t>(tensor.size(), 8); ++i)
    values += fmt::format("{}{:.6g}", i ? ", " : "", tensor.at(i));
  if (tensor.size() > 8) values += ", …";
  return fmt::format("{} {}: {}", to_string(tensor.dtype()), tensor.shape(), values);
}

}  // namespace fokker
