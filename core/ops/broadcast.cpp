#include "fokker/core/ops/broadcast.h"

#include <algorithm>
#include <array>

namespace fokker::detail {
namespace {

struct Axis {
  std::int64_t extent, a, b;  // strides in elements, 0 where broadcast
};

/// The axes of the result from the last to the first, neighbours merged where both operands allow it.
struct Axes {
  std::array<Axis, Shape::max_rank + 2> axis{};
  int count = 0;

  Axes(const Shape& out, const Shape& a, const Shape& b) {
    std::int64_t a_step = 1, b_step = 1;
    for (int i = 1; i <= out.rank(); ++i) {
      const std::int64_t m = i <= a.rank() ? a[-i] : 1, n = i <= b.rank() ? b[-i] : 1;
      if (out[-i] != 1) add({out[-i], m == 1 ? 0 : a_step, n == 1 ? 0 : b_step});
      a_step *= m;
      b_step *= n;
    }
    while (count < 2) axis[static_cast<std::size_t>(count++)] = {1, 0, 0};
  }

 private:
  void add(const Axis& next) {
    if (count > 0) {
      Axis& last = axis[static_cast<std::size_t>(count - 1)];
      if (next.a == last.a * last.extent && next.b == last.b * last.extent) {
        last.extent *= next.extent;
        return;
      }
    }
    axis[static_cast<std::size_t>(count++)] = next;
  }
};

/// out = op(a, b), a and b of shapes that broadcast to out's.
void broadcast_into(kernels::Binary op, const Tensor& a, const Tensor& b, Tensor& out) {
  const Axes axes(out.shape(), a.shape(), b.shape());
  const Axis &inner = axes.axis[0], &outer = axes.axis[1];
  const kernels::BinaryLayout layout{outer.extent, inner.extent, outer.a, inner.a, outer.b, inner.b};
  const auto run = kernels::elementwise(out.dtype()).binary;
  const std::int64_t bytes = element_size(out.dtype()), block = inner.extent * outer.extent;
  std::array<std::int64_t, Shape::max_rank + 2> index{};
  std::int64_t a_offset = 0, b_offset = 0;
  for (std::int64_t done = 0; done < out.size(); done += block) {
    run(op, static_cast<const char*>(a.raw()) + a_offset * bytes, static_cast<const char*>(b.raw()) + b_offset * bytes,
        static_cast<char*>(out.raw()) + done * bytes, layout);
    for (int i = 2; i < axes.count; ++i) {  // an odometer over the outer axes
      const Axis& axis = axes.axis[static_cast<std::size_t>(i)];
      a_offset += axis.a;
      b_offset += axis.b;
      if (++index[static_cast<std::size_t>(i)] < axis.extent) break;
      index[static_cast<std::size_t>(i)] = 0;
      a_offset -= axis.a * axis.extent;
      b_offset -= axis.b * axis.extent;
    }
  }
}

}  // namespace

Tensor binary(kernels::Binary op, const Tensor& a, const Tensor& b, const char* where) {
  require<ShapeError>(a.defined() && b.defined() && a.dtype() == b.dtype(),
                      "[{}] expected two tensors of one dtype, got {} and {}; use cast()", where,
                      a.defined() ? to_string(a.dtype()) : "undefined",
                      b.defined() ? to_string(b.dtype()) : "undefined");
  if (a.shape() == b.shape()) {
    Tensor out = Tensor::empty(a.shape(), a.dtype());
    kernels::elementwise(a.dtype()).binary(op, a.raw(), b.raw(), out.raw(), {1, a.size(), 0, 1, 0, 1});
    return out;
  }
  Tensor out = Tensor::empty(broadcast(a.shape(), b.shape(), where), a.dtype());
  broadcast_into(op, a, b, out);
  return out;
}

Tensor expand(const Tensor& x, const Shape& shape, const char* where) {
  require<ShapeError>(broadcast(x.shape(), shape, where) == shape, "[{}] {} does not broadcast to {}", where, x.shape(),
                      shape);
  Tensor out = Tensor::empty(shape, x.dtype());
  broadcast_into(kernels::Binary::multiply, x, Tensor::ones({}, x.dtype()), out);
  return out;
}

Tensor binary(kernels::Binary op, const Tensor& a, double b) {
  return visit(a.dtype(), [&]<class T>(T) {
    const T value = static_cast<T>(b);
    Tensor out = Tensor::empty(a.shape(), a.dtype());
    kernels::elementwise(a.dtype()).binary(op, a.raw(), &value, out.raw(), {1, a.size(), 0, 1, 0, 0});
    return out;
  });
}

Tensor binary(kernels::Binary op, double a, const Tensor& b) {
  return visit(b.dtype(), [&]<class T>(T) {
    const T value = static_cast<T>(a);
    Tensor out = Tensor::empty(b.shape(), b.dtype());
    kernels::elementwise(b.dtype()).binary(op, &value, b.raw(), out.raw(), {1, b.size(), 0, 0, 0, 1});
    return out;
  });
}

Tensor unary(kernels::Unary op, const Tensor& x) {
  Tensor out = Tensor::empty(x.shape(), x.dtype());
  kernels::elementwise(x.dtype()).unary(op, x.raw(), out.raw(), x.size());
  return out;
}

}  // namespace fokker::detail
