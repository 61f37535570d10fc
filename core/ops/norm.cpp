#include "fokker/core/ops/norm.h"

#include "fokker/core/kernels/kernels.h"
#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/operand.h"
#include "fokker/core/ops/reduce.h"
#include "fokker/core/ops/rows.h"
#include "fokker/core/ops/view.h"

namespace fokker {
namespace {

/// x seen as [batch, pixels, channels].
struct Layout {
  kernels::NormArguments arguments;
  Shape grouped;  // [batch, pixels, groups, channels / groups]
};

/// The gradients in ops that have gradients themselves: for create_graph.
Gradients differentiable_gradients(const Tensor& x, const Tensor& scale, const Tensor& shift, const Layout& layout,
                                   const Tensor& dy) {
  const Tensor g = reshape(x, layout.grouped);
  const Tensor centred = g - mean(g, {1, 3}, true);
  const Tensor inverse_std = reciprocal(sqrt(mean(square(centred), {1, 3}, true) + layout.arguments.epsilon));
  const Tensor grouped_normal = centred * inverse_std;
  const Tensor normal = reshape(grouped_normal, x.shape());
  Tensor dz = dy;
  if (layout.arguments.silu) {
    const Tensor z = normal * scale + shift, s = sigmoid(z);
    dz = dy * (s + z * (s - square(s)));
  }
  const auto by_x = [&] {
    const Tensor d = reshape(dz * scale, layout.grouped);
    const Tensor along = grouped_normal * mean(d * grouped_normal, {1, 3}, true);
    return reshape(inverse_std * (d - mean(d, {1, 3}, true) - along), x.shape());
  };
  return {when(x, by_x), when(scale, [&] { return sum_to(dz * normal, scale.shape()); }),
          when(shift, [&] { return sum_to(dz, shift.shape()); })};
}

Tensor normalised(const Tensor& x, const Tensor& scale, const Tensor& shift, const Layout& layout) {
  const kernels::NormArguments& a = layout.arguments;
  Tensor y = Tensor::empty(x.shape(), x.dtype());
  Tensor statistics = Tensor::empty({a.batch, a.groups, 2}, x.dtype());
  kernels::linear(x.dtype()).norm_forward(a, x.raw(), scale.raw(), shift.raw(), y.raw(), statistics.raw());
  const detail::Operand kept(x, recording() && x.tracked() ? precision() : Precision::f32);
  return record(Op::group_norm, inputs(x, scale, shift), std::move(y), [=](const Tensor& dy) {
    const Tensor x = kept.tensor();
    if (recording()) return differentiable_gradients(x, scale, shift, layout, dy);
    Tensor dx = Tensor::empty(x.shape(), x.dtype());
    Tensor dscale = Tensor::empty(scale.shape(), x.dtype()), dshift = Tensor::empty(scale.shape(), x.dtype());
    kernels::linear(x.dtype()).norm_backward(layout.arguments, x.raw(), scale.raw(), shift.raw(), statistics.raw(),
                                             dy.raw(), dx.raw(), dscale.raw(), dshift.raw());
    return Gradients{dx, dscale, dshift};
  });
}

void check(const Tensor& x, const Tensor& scale, const Tensor& shift, int groups, const char* where) {
  require<ShapeError>(
      x.rank() >= 2 && groups > 0 && x.extent(-1) > 0 && x.extent(-1) % groups == 0 &&
          scale.shape() == Shape{x.extent(-1)} && shift.shape() == scale.shape() && scale.dtype() == x.dtype() &&
          shift.dtype() == x.dtype(),
      "[{}] expected x [B, ..., C] with C > 0 a multiple of {} groups, scale and shift [C], got {}, {}, {}", where,
      groups, x.shape(), scale.shape(), shift.shape());
}

}  // namespace

Tensor group_norm(const Tensor& x, const Tensor& scale, const Tensor& shift, int groups, double epsilon,
                  Activation activation) {
  check(x, scale, shift, groups, "group_norm");
  const std::int64_t batch = x.extent(0), channels = x.extent(-1);
  const std::int64_t pixels = row_size(x) / channels;
  const Layout layout{{batch, pixels, channels, groups, epsilon, activation == Activation::silu},
                      {batch, pixels, groups, channels / groups}};
  return normalised(x, scale, shift, layout);
}

Tensor layer_norm(const Tensor& x, const Tensor& scale, const Tensor& shift, double epsilon, Activation activation) {
  check(x, scale, shift, 1, "layer_norm");
  const std::int64_t channels = x.extent(-1), rows = x.size() / channels;
  const Layout layout{{rows, 1, channels, 1, epsilon, activation == Activation::silu}, {rows, 1, 1, channels}};
  return normalised(x, scale, shift, layout);
}

}  // namespace fokker
