#pragma once

#include "fokker/core/ops/autodiff.h"

namespace fokker {

/// The stride and the zero padding of a convolution, in pixels along both axes.
struct ConvGeometry {
  int stride = 1;
  int padding = 0;
  friend bool operator==(const ConvGeometry& a, const ConvGeometry& b) = default;
};

/// Returns the cross-correlation of x [B, H, W, I] with weight [O, I, kh, kw], plus bias [O] unless it is undefined.
/// The result is [B, (H + 2·padding − kh)/stride + 1, …, O].  For f32 it is by oneDNN, for f64 by products of matrices.
/// Under MixedPrecision, f32 is multiplied in bf16.  Throws ShapeError.
Tensor conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias, ConvGeometry geometry);
/// Return the adjoints of conv2d by its input and by its weight, of x_shape and weight_shape.  The three functions are
/// bilinear, so that they close under differentiation.
Tensor conv2d_input_gradient(const Tensor& dy, const Tensor& weight, const Shape& x_shape, ConvGeometry geometry);
Tensor conv2d_weight_gradient(const Tensor& x, const Tensor& dy, const Shape& weight_shape, ConvGeometry geometry);

/// Return the mean and the largest element of size×size tiles of x [B, H, W, C], [B, H/size, W/size, C].  Throw
/// ShapeError unless H and W are multiples of size.
Tensor avg_pool2d(const Tensor& x, int size);
Tensor max_pool2d(const Tensor& x, int size);
/// Returns x [B, H, W, C] with every pixel repeated as a factor×factor tile, [B, H·factor, W·factor, C].
Tensor upsample_nearest(const Tensor& x, int factor);

}  // namespace fokker
