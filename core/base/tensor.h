#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "fokker/core/base/buffer.h"
#include "fokker/core/base/error.h"
#include "fokker/core/base/shape.h"

namespace fokker {

enum class Dtype : std::uint8_t { f32, f64 };

constexpr std::int64_t element_size(Dtype dtype) { return dtype == Dtype::f32 ? 4 : 8; }
constexpr const char* to_string(Dtype dtype) { return dtype == Dtype::f32 ? "f32" : "f64"; }
template <class T>
constexpr Dtype dtype_of = sizeof(T) == 4 ? Dtype::f32 : Dtype::f64;

/// Calls `f(float{})` or `f(double{})`, as `dtype` says.
template <class F>
decltype(auto) visit(Dtype dtype, F&& f) {
  return dtype == Dtype::f32 ? f(float{}) : f(double{});
}

namespace detail {
struct Node;
void retain(Node* node);
void release(Node* node);

/// A reference-counting handle to a node of the tape.
class NodeRef {
 public:
  NodeRef() = default;
  explicit NodeRef(Node* adopted) : node_(adopted) {}
  NodeRef(const NodeRef& other) : node_(other.node_) {
    if (node_) retain(node_);
  }
  NodeRef(NodeRef&& other) noexcept : node_(std::exchange(other.node_, nullptr)) {}
  NodeRef& operator=(NodeRef other) noexcept {
    std::swap(node_, other.node_);
    return *this;
  }
  ~NodeRef() {
    if (node_) release(node_);
  }
  Node* get() const { return node_; }

 private:
  friend struct Node;
  Node* node_ = nullptr;
};
}  // namespace detail

/// A contiguous row-major array of f32 or f64 on the CPU; the only array type of Fokker.  A tensor is a value: copies
/// share memory, ops make new tensors, and only `data<T>()` of a non-const tensor writes.
class Tensor {
 public:
  /// Makes a tensor without an array: `defined()` is false.
  Tensor() = default;

  static Tensor empty(const Shape& shape, Dtype dtype = Dtype::f32);
  static Tensor full(const Shape& shape, double value, Dtype dtype = Dtype::f32);
  static Tensor zeros(const Shape& shape, Dtype dtype = Dtype::f32) { return full(shape, 0, dtype); }
  static Tensor ones(const Shape& shape, Dtype dtype = Dtype::f32) { return full(shape, 1, dtype); }
  static Tensor scalar(double value, Dtype dtype = Dtype::f32) { return full({}, value, dtype); }
  /// Copies `values`; throws ShapeError unless there is one for each element.
  static Tensor from(std::span<const double> values, const Shape& shape, Dtype dtype = Dtype::f32);
  static Tensor from(std::initializer_list<double> values, const Shape& shape, Dtype dtype = Dtype::f32) {
    return from(std::span<const double>(values.begin(), values.size()), shape, dtype);
  }
  /// Makes a tensor over memory that `keep_alive` owns, without a copy.
  static Tensor over(void* data, const Shape& shape, Dtype dtype, std::shared_ptr<void> keep_alive);

  bool defined() const { return static_cast<bool>(buffer_); }
  const Shape& shape() const { return shape_; }
  std::int64_t extent(int axis) const { return shape_[axis]; }
  int rank() const { return shape_.rank(); }
  std::int64_t size() const { return shape_.size(); }
  std::int64_t bytes() const { return size() * element_size(dtype_); }
  Dtype dtype() const { return dtype_; }

  const void* raw() const { return data_; }
  void* raw() { return data_; }
  /// Returns the elements.  Throws ShapeError where T is not the dtype.
  template <class T>
  std::span<const T> data() const {
    check_dtype(dtype_of<T>);
    return {static_cast<const T*>(data_), static_cast<std::size_t>(size())};
  }
  template <class T>
  std::span<T> data() {
    check_dtype(dtype_of<T>);
    return {static_cast<T*>(data_), static_cast<std::size_t>(size())};
  }
  /// Returns the value of a tensor of one element.  Throws ShapeError for another number of elements.
  double item() const;
  /// Returns element `index` of the flat array as double.  Throws ShapeError for an index out of range.
  double at(std::int64_t index) const;
  std::vector<double> to_vector() const;

  /// Whether gradients flow through this tensor.
  bool tracked() const { return node_.get() != nullptr; }
  /// Return tensors over this memory: `detach` off the tape, `leaf` as a new leaf by which `grad` can differentiate.
  Tensor detach() const;
  Tensor leaf() const;
  /// Returns a leaf over this memory with a reference count of its own, for one worker's copy of a parameter.  The
  /// caller keeps this tensor alive.
  Tensor alias_leaf() const;
  /// Returns this memory in another shape of equal size, off the tape; `reshape` is the op.  Throws ShapeError.
  Tensor view(const Shape& shape) const;
  /// Returns rows [begin, end) of the first axis over this memory, off the tape; `slice` is the op.  Throws ShapeError.
  Tensor rows(std::int64_t begin, std::int64_t end) const;
  /// Returns a copy of the values in memory of its own, off the tape.
  Tensor clone() const;
  /// Whether no other tensor shares the memory.
  bool unique() const { return buffer_.unique(); }

  detail::Node* node() const { return node_.get(); }

 private:
  friend struct detail::Node;
  friend Tensor link(Tensor value, detail::NodeRef node);
  void check_dtype(Dtype dtype) const;

  detail::Buffer buffer_;
  void* data_ = nullptr;
  detail::NodeRef node_;
  Shape shape_;
  Dtype dtype_ = Dtype::f32;
};

/// Returns `value` with its place on the tape.  Only `record` calls it.
Tensor link(Tensor value, detail::NodeRef node);

/// Returns the shape, the dtype and at most eight values, for messages and the debugger.
std::string to_string(const Tensor& tensor);

}  // namespace fokker
