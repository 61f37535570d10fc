#include "fokker/core/ops/conv.h"

#include <cstring>

#include "fokker/core/base/flops.h"
#include "fokker/core/kernels/kernels.h"
#include "fokker/core/ops/dnnl.h"
#include "fokker/core/ops/operand.h"
#include "fokker/core/ops/reduce.h"

namespace fokker {
namespace {

using detail::ConvShape;
using detail::Operand;

ConvShape conv_shape(const Shape& x, const Shape& weight, ConvGeometry g, const char* where) {
  require<ShapeError>(g.stride > 0 && g.padding >= 0,
                      "[{}] expected a stride of 1 or more and no negative padding, got {} and {}", where, g.stride,
                      g.padding);
  require<ShapeError>(x.rank() == 4 && weight.rank() == 4 && x[3] == weight[1],
                      "[{}] expected x [B, H, W, {}] for weight [O, I, kh, kw] = {}, got {}", where,
                      weight.rank() == 4 ? weight[1] : 0, weight, x);
  const ConvShape s{x[0],
                    x[1],
                    x[2],
                    x[3],
                    weight[0],
                    weight[2],
                    weight[3],
                    (x[1] + 2 * g.padding - weight[2]) / g.stride + 1,
                    (x[2] + 2 * g.padding - weight[3]) / g.stride + 1,
                    g,
                    Precision::f32};
  require<ShapeError>(weight.size() > 0 && x[1] > 0 && x[2] > 0,
                      "[{}] expected a kernel and images with elements, got weight {} and x {}", where, weight, x);
  require<ShapeError>(x[1] + 2 * g.padding >= weight[2] && x[2] + 2 * g.padding >= weight[3],
                      "[{}] the {}×{} kernel is larger than the padded image {}", where, weight[2], weight[3], x);
  return s;
}

void count(const ConvShape& s) { count_operations(2 * s.n * s.oh * s.ow * s.out * s.kh * s.kw * s.in); }

Shape output_shape(const ConvShape& s) { return {s.n, s.oh, s.ow, s.out}; }

// f64 has no oneDNN kernel: each image becomes a matrix of patches [oh·ow, kh·kw·in], and weights [out, kh·kw·in].

template <class Visit>
void for_patches(const ConvShape& s, Visit visit) {
  for (std::int64_t oy = 0; oy < s.oh; ++oy)
    for (std::int64_t ox = 0; ox < s.ow; ++ox)
      for (std::int64_t ky = 0; ky < s.kh; ++ky)
        for (std::int64_t kx = 0; kx < s.kw; ++kx) {
          const std::int64_t iy = oy * s.geometry.stride + ky - s.geometry.padding;
          const std::int64_t ix = ox * s.geometry.stride + kx - s.geometry.padding;
          const bool inside = iy >= 0 && iy < s.h && ix >= 0 && ix < s.w;
          const std::int64_t patch = (((oy * s.ow + ox) * s.kh + ky) * s.kw + kx) * s.in;
          visit(patch, inside ? (iy * s.w + ix) * s.in : -1);
        }
}

void gather_patches(const ConvShape& s, const double* image, double* patches) {
  for_patches(s, [&](std::int64_t patch, std::int64_t pixel) {
    for (std::int64_t c = 0; c < s.in; ++c) patches[patch + c] = pixel < 0 ? 0 : image[pixel + c];
  });
}

void scatter_patches(const ConvShape& s, const double* patches, double* image) {
  for_patches(s, [&](std::int64_t patch, std::int64_t pixel) {
    if (pixel >= 0)
      for (std::int64_t c = 0; c < s.in; ++c) image[pixel + c] += patches[patch + c];
  });
}

/// Calls visit(index in OIHW, index in [out, kh, kw, in]) for every weight.
template <class Visit>
void for_weights(const ConvShape& s, Visit visit) {
  std::int64_t plain = 0;
  for (std::int64_t o = 0; o < s.out; ++o)
    for (std::int64_t i = 0; i < s.in; ++i)
      for (std::int64_t k = 0; k < s.kh * s.kw; ++k) visit(plain++, (o * s.kh * s.kw + k) * s.in + i);
}

Tensor channels_last_weight(const ConvShape& s, const Tensor& weight) {
  Tensor packed = Tensor::empty({s.out, s.kh * s.kw * s.in}, Dtype::f64);
  const auto from = weight.data<double>();
  auto to = packed.data<double>();
  for_weights(s, [&](std::int64_t plain, std::int64_t last) {
    to[static_cast<std::size_t>(last)] = from[static_cast<std::size_t>(plain)];
  });
  return packed;
}

void gemm(std::int64_t m, std::int64_t n, std::int64_t k, const double* a, bool ta, const double* b, bool tb, double* c,
          bool accumulate = false) {
  kernels::linear(Dtype::f64).gemm({m, n, k, a, ta ? m : k, ta, b, tb ? k : n, tb, c, n, accumulate});
}

void forward_f64(const ConvShape& s, const Tensor& x, const Tensor& weight, const Tensor& bias, Tensor& y) {
  const std::int64_t pixels = s.oh * s.ow, patch = s.kh * s.kw * s.in;
  Tensor patches = Tensor::empty({pixels, patch}, Dtype::f64);
  const Tensor packed = channels_last_weight(s, weight);
  double* out = y.data<double>().data();
  for (std::int64_t n = 0; n < s.n; ++n, out += pixels * s.out) {
    gather_patches(s, x.data<double>().data() + n * s.h * s.w * s.in, patches.data<double>().data());
    gemm(pixels, s.out, patch, patches.data<double>().data(), false, packed.data<double>().data(), true, out);
    if (bias.defined())
      for (std::int64_t i = 0; i < pixels * s.out; ++i)
        out[i] += bias.data<double>()[static_cast<std::size_t>(i % s.out)];
  }
}

void input_gradient_f64(const ConvShape& s, const Tensor& dy, const Tensor& weight, Tensor& dx) {
  const std::int64_t pixels = s.oh * s.ow, patch = s.kh * s.kw * s.in;
  Tensor patches = Tensor::empty({pixels, patch}, Dtype::f64);
  const Tensor packed = channels_last_weight(s, weight);
  std::memset(dx.raw(), 0, static_cast<std::size_t>(dx.bytes()));
  for (std::int64_t n = 0; n < s.n; ++n) {
    gemm(pixels, patch, s.out, dy.data<double>().data() + n * pixels * s.out, false, packed.data<double>().data(),
         false, patches.data<double>().data());
    scatter_patches(s, patches.data<double>().data(), dx.data<double>().data() + n * s.h * s.w * s.in);
  }
}

void weight_gradient_f64(const ConvShape& s, const Tensor& x, const Tensor& dy, Tensor& dweight) {
  const std::int64_t pixels = s.oh * s.ow, patch = s.kh * s.kw * s.in;
  Tensor patches = Tensor::empty({pixels, patch}, Dtype::f64);
  Tensor packed = Tensor::zeros({s.out, patch}, Dtype::f64);
  for (std::int64_t n = 0; n < s.n; ++n) {
    gather_patches(s, x.data<double>().data() + n * s.h * s.w * s.in, patches.data<double>().data());
    gemm(s.out, patch, pixels, dy.data<double>().data() + n * pixels * s.out, true, patches.data<double>().data(),
         false, packed.data<double>().data(), true);
  }
  const auto from = packed.data<double>();
  auto to = dweight.data<double>();
  for_weights(s, [&](std::int64_t plain, std::int64_t last) {
    to[static_cast<std::size_t>(plain)] = from[static_cast<std::size_t>(last)];
  });
}

void check_output(const ConvShape& s, const Shape& dy, const char* where) {
  require<ShapeError>(dy == output_shape(s), "[{}] expected dy {}, got {}", where, output_shape(s), dy);
}

const float* f32(const Tensor& t) { return t.defined() ? t.data<float>().data() : nullptr; }

/// Weights as they are multiplied: oneDNN rounds them to bf16 itself, where it has bf16.
Tensor multiplied(const Tensor& weight, Precision precision) {
  const bool rounds = precision == Precision::bf16 && weight.dtype() == Dtype::f32 && !detail::dnnl_has_bf16();
  return rounds ? detail::rounded_to_bf16(weight) : weight;
}

// The three products, recorded; factors in the shape of pixels are operands, weights are f32 or f64.

Tensor forward(const Operand& x, const Tensor& weight, const Tensor& bias, ConvGeometry geometry);
Tensor input_gradient(const Operand& dy, const Tensor& weight, const Shape& x_shape, ConvGeometry geometry);
Tensor weight_gradient(const Operand& x, const Operand& dy, const Shape& weight_shape, ConvGeometry geometry);

Tensor forward(const Operand& x, const Tensor& weight, const Tensor& bias, ConvGeometry geometry) {
  ConvShape s = conv_shape(x.shape(), weight.shape(), geometry, "conv2d");
  require<ShapeError>(!bias.defined() || bias.shape() == Shape{s.out}, "[conv2d] expected bias [{}], got {}", s.out,
                      bias.shape());
  count(s);
  Tensor y = Tensor::empty(output_shape(s), x.dtype());
  const Operand factor = x.native();
  s.precision = factor.precision();
  if (x.dtype() == Dtype::f32)
    detail::dnnl_forward(s, factor.data(), f32(multiplied(weight, x.precision())), f32(bias), y.data<float>().data());
  else
    forward_f64(s, x.tensor(), weight, bias, y);
  return record(Op::conv2d, inputs(x.on_tape(), weight, bias), std::move(y),
                [x, weight, b = bias.tracked(), geometry](const Tensor& dy) {
                  const Operand d(dy, x.precision());
                  return Gradients{when(x.on_tape(), [&] { return input_gradient(d, weight, x.shape(), geometry); }),
                                   when(weight, [&] { return weight_gradient(x, d, weight.shape(), geometry); }),
                                   b ? sum(dy, {0, 1, 2}) : Tensor{}};
                });
}

Tensor input_gradient(const Operand& dy, const Tensor& weight, const Shape& x_shape, ConvGeometry geometry) {
  ConvShape s = conv_shape(x_shape, weight.shape(), geometry, "conv2d_input_gradient");
  check_output(s, dy.shape(), "conv2d_input_gradient");
  count(s);
  Tensor dx = Tensor::empty(x_shape, dy.dtype());
  const Operand factor = dy.native();
  s.precision = factor.precision();
  if (dy.dtype() == Dtype::f32)
    detail::dnnl_input_gradient(s, factor.data(), f32(multiplied(weight, dy.precision())), dx.data<float>().data());
  else
    input_gradient_f64(s, dy.tensor(), weight, dx);
  return record(Op::conv2d_input_gradient, inputs(dy.on_tape(), weight), std::move(dx),
                [dy, weight, geometry](const Tensor& c) {
                  const Operand d(c, dy.precision());
                  return Gradients{when(dy.on_tape(), [&] { return forward(d, weight, {}, geometry); }),
                                   when(weight, [&] { return weight_gradient(d, dy, weight.shape(), geometry); })};
                });
}

Tensor weight_gradient(const Operand& x, const Operand& dy, const Shape& weight_shape, ConvGeometry geometry) {
  ConvShape s = conv_shape(x.shape(), weight_shape, geometry, "conv2d_weight_gradient");
  check_output(s, dy.shape(), "conv2d_weight_gradient");
  count(s);
  Tensor dweight = Tensor::empty(weight_shape, x.dtype());
  const Operand left = x.native(), right = dy.native();
  s.precision = left.precision();
  if (x.dtype() == Dtype::f32)
    detail::dnnl_weight_gradient(s, left.data(), right.data(), dweight.data<float>().data());
  else
    weight_gradient_f64(s, x.tensor(), dy.tensor(), dweight);
  return record(Op::conv2d_weight_gradient, inputs(x.on_tape(), dy.on_tape()), std::move(dweight),
                [x, dy, geometry](const Tensor& c) {
                  return Gradients{when(x.on_tape(), [&] { return input_gradient(dy, c, x.shape(), geometry); }),
                                   when(dy.on_tape(), [&] { return forward(x, c, {}, geometry); })};
                });
}

}  // namespace

Tensor conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias, ConvGeometry geometry) {
  return forward(Operand(x, precision()), weight, bias, geometry);
}

Tensor conv2d_input_gradient(const Tensor& dy, const Tensor& weight, const Shape& x_shape, ConvGeometry geometry) {
  return input_gradient(Operand(dy, precision()), weight, x_shape, geometry);
}

Tensor conv2d_weight_gradient(const Tensor& x, const Tensor& dy, const Shape& weight_shape, ConvGeometry geometry) {
  return weight_gradient(Operand(x, precision()), Operand(dy, precision()), weight_shape, geometry);
}

}  // namespace fokker
