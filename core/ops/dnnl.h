#pragma once

#include "fokker/core/ops/conv.h"

namespace fokker::detail {

/// The extents of a convolution: x [n, h, w, in], weight [out, in, kh, kw], y [n, oh, ow, out].
struct ConvShape {
  std::int64_t n, h, w, in, out, kh, kw, oh, ow;
  ConvGeometry geometry;
  friend bool operator==(const ConvShape& a, const ConvShape& b) = default;
};

/// f32 convolutions by oneDNN, one thread, channels last; primitives are cached by shape on each thread.
void dnnl_forward(const ConvShape& shape, const float* x, const float* weight, const float* bias, float* y);
void dnnl_input_gradient(const ConvShape& shape, const float* dy, const float* weight, float* dx);
void dnnl_weight_gradient(const ConvShape& shape, const float* x, const float* dy, float* dweight);

}  // namespace fokker::detail
