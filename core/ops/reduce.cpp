#include "fokker/core/ops/reduce.h"

#include <vector>

#include "fokker/core/ops/broadcast.h"
#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/view.h"

namespace fokker {
namespace {

/// Extents before, along and after axes [begin, end).
struct Split {
  std::int64_t outer = 1, reduced = 1, inner = 1;
  Split(const Shape& shape, int begin, int end) {
    for (int i = 0; i < shape.rank(); ++i) (i < begin ? outer : i < end ? reduced : inner) *= shape[i];
  }
};

/// Sum along axes [begin, end), which keep extent 1.
Tensor sum_run(const Tensor& x, int begin, int end) {
  Shape shape = x.shape();
  for (int i = begin; i < end; ++i) shape = with_extent(shape, i, 1);
  Tensor out = Tensor::empty(shape, x.dtype());
  const Split split(x.shape(), begin, end);
  kernels::reduce(x.dtype()).sum(x.raw(), out.raw(), split.outer, split.reduced, split.inner);
  return out;
}

/// Sum along the marked axes, which keep extent 1; neighbouring axes in one pass.
Tensor sum_marked(Tensor x, const bool* marked) {
  for (int end = x.rank(); end > 0;) {
    int begin = end - 1;
    if (!marked[begin]) {
      end = begin;
      continue;
    }
    while (begin > 0 && marked[begin - 1]) --begin;
    x = sum_run(x, begin, end);
    end = begin;
  }
  return x;
}

Tensor sum_keeping(const Tensor& x, const bool* marked) {
  return record(Op::sum, inputs(x), sum_marked(x.detach(), marked),
                [shape = x.shape()](const Tensor& dy) { return Gradients{broadcast_to(dy, shape)}; });
}

Shape without_marked(const Shape& shape, const bool* marked) {
  Shape result = shape;
  for (int i = shape.rank() - 1; i >= 0; --i)
    if (marked[i]) result = without_axis(result, i);
  return result;
}

Tensor last_axis_dropped(Tensor x, bool keep) { return keep ? x : reshape(x, without_axis(x.shape(), x.rank() - 1)); }

std::int64_t last_rows(const Tensor& x, const char* where) {
  require<ShapeError>(x.rank() > 0 && x.extent(-1) > 0, "[{}] expected a last axis with elements, got {}", where,
                      x.shape());
  return x.size() / x.extent(-1);
}

}  // namespace

Tensor sum(const Tensor& x) {
  Tensor value = Tensor::empty({}, x.dtype());
  kernels::reduce(x.dtype()).sum(x.raw(), value.raw(), 1, x.size(), 1);
  return record(Op::sum, inputs(x), std::move(value),
                [shape = x.shape()](const Tensor& dy) { return Gradients{broadcast_to(dy, shape)}; });
}

Tensor sum(const Tensor& x, std::initializer_list<int> axes, bool keep) {
  bool marked[Shape::max_rank] = {};
  for (int axis : axes) marked[normalise_axis(axis, x.rank(), "sum")] = true;
  const Tensor kept = sum_keeping(x, marked);
  return keep ? kept : reshape(kept, without_marked(x.shape(), marked));
}

Tensor mean(const Tensor& x) { return sum(x) * (1.0 / static_cast<double>(x.size())); }

Tensor mean(const Tensor& x, std::initializer_list<int> axes, bool keep) {
  const Tensor total = sum(x, axes, keep);
  return total * (static_cast<double>(total.size()) / static_cast<double>(x.size()));
}

Tensor sum_to(const Tensor& x, const Shape& shape) {
  if (x.shape() == shape) return x;
  bool marked[Shape::max_rank] = {};
  const int lead = x.rank() - shape.rank();
  for (int i = 0; i < x.rank(); ++i) marked[i] = i < lead || (shape[i - lead] == 1 && x.extent(i) != 1);
  return reshape(sum_keeping(x, marked), shape);
}

Tensor max(const Tensor& x, int axis, bool keep) {
  axis = normalise_axis(axis, x.rank(), "max");
  const Split split(x.shape(), axis, axis + 1);
  require<ShapeError>(split.reduced > 0, "[max] axis {} of {} has no elements", axis, x.shape());
  Tensor value = Tensor::empty(with_extent(x.shape(), axis, 1), x.dtype());
  kernels::reduce(x.dtype()).max(x.raw(), value.raw(), split.outer, split.reduced, split.inner);
  Tensor kept = record(Op::max, inputs(x), std::move(value), [x, axis](const Tensor& y, const Tensor& dy) {
    const Tensor mask = detail::binary(kernels::Binary::equal, x, y, "max");
    return Gradients{dy / sum(mask, {axis}, true) * mask};
  });
  return keep ? kept : reshape(kept, without_axis(x.shape(), axis));
}

Tensor logsumexp(const Tensor& x, bool keep) {
  const std::int64_t rows = last_rows(x, "logsumexp");
  Tensor value = Tensor::empty(with_extent(x.shape(), x.rank() - 1, 1), x.dtype());
  kernels::reduce(x.dtype()).logsumexp(x.raw(), value.raw(), rows, x.extent(-1));
  return last_axis_dropped(
      record(Op::logsumexp, inputs(x), std::move(value), [x](const Tensor& dy) { return Gradients{dy * softmax(x)}; }),
      keep);
}

Tensor softmax(const Tensor& x) {
  const std::int64_t rows = last_rows(x, "softmax");
  Tensor value = Tensor::empty(x.shape(), x.dtype());
  kernels::reduce(x.dtype()).softmax(x.raw(), value.raw(), rows, x.extent(-1));
  return record(Op::softmax, inputs(x), std::move(value), [rows](const Tensor& y, const Tensor& dy) {
    if (recording()) return Gradients{y * (dy - sum(dy * y, {-1}, true))};
    Tensor dx = Tensor::empty(y.shape(), y.dtype());
    kernels::reduce(y.dtype()).softmax_backward(y.raw(), dy.raw(), dx.raw(), rows, y.extent(-1));
    return Gradients{dx};
  });
}

Tensor argmax(const Tensor& x) {
  const std::int64_t rows = last_rows(x, "argmax"), columns = x.extent(-1);
  Tensor out = Tensor::empty(without_axis(x.shape(), x.rank() - 1), x.dtype());
  visit(x.dtype(), [&]<class T>(T) {
    const auto in = x.data<T>();
    auto best = out.data<T>();
    for (std::int64_t r = 0; r < rows; ++r) {
      std::int64_t at = 0;
      for (std::int64_t c = 1; c < columns; ++c)
        if (in[static_cast<std::size_t>(r * columns + c)] > in[static_cast<std::size_t>(r * columns + at)]) at = c;
      best[static_cast<std::size_t>(r)] = static_cast<T>(at);
    }
  });
  return out;
}

}  // namespace fokker
