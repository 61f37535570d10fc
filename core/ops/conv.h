#pragma once

#include "fokker/core/ops/autodiff.h"

namespace fokker {

struct ConvGeometry {
  int stride = 1;
  int padding = 0;
  friend bool operator==(const ConvGeometry& a, const ConvGeometry& b) = default;
};

/// Cross-correlation of x [B, H, W, I] with weight [O, I, kh, kw] (+ bias [O], which may be undefined):
/// [B, (H + 2·padding − kh)/stride + 1, …, O].  f32 by oneDNN, f64 by matmul; under
/// MixedPrecision f32 is multiplied in bf16.
Tensor conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias, ConvGeometry geometry);
/// The adjoints of conv2d by its input and by its weight; bilinear, so that the three close under differentiation.
Tensor conv2d_input_gradient(const Tensor& dy, const Tensor& weight, const Shape& x_shape, ConvGeometry geometry);
Tensor conv2d_weight_gradient(const Tensor& x, const Tensor& dy, const Shape& weight_shape, ConvGeometry geometry);

/// Mean and largest element of size×size tiles of x [B, H, W, C]; H and W are multiples of size.
Tensor avg_pool2d(const Tensor& x, int size);
Tensor max_pool2d(const Tensor& x, int size);
/// Every pixel of x [B, H, W, C] as a factor×factor tile.
Tensor upsample_nearest(const Tensor& x, int factor);

}  // namespace fokker
