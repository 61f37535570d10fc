#pragma once

#include "fokker/core/base/precision.h"
#include "fokker/core/ops/conv.h"

namespace fokker::detail {

/// The extents of a convolution: x [n, h, w, in], weight [out, in, kh, kw], y [n, oh, ow, out].
struct ConvShape {
  std::int64_t n, h, w, in, out, kh, kw, oh, ow;
  ConvGeometry geometry;
  Precision precision = Precision::f32;
  friend bool operator==(const ConvShape& a, const ConvShape& b) = default;
};

/// The extents of a product of row-major matrices, C [m, n] = op(A) op(B), summed over k.
struct ProductShape {
  std::int64_t m, n, k;
  bool transpose_a, transpose_b;
  friend bool operator==(const ProductShape& a, const ProductShape& b) = default;
};

/// Whether this CPU multiplies bf16.  FOKKER_ISA and ONEDNN_MAX_CPU_ISA can only say no.
bool dnnl_has_bf16();

/// Compute convolutions by oneDNN on one thread, channels last.  Primitives are cached by shape on each thread.  x and
/// dy hold elements of the shape's precision; weights are given in f32 and rounded to it; results are f32.
void dnnl_forward(const ConvShape& shape, const void* x, const float* weight, const float* bias, float* y);
void dnnl_input_gradient(const ConvShape& shape, const void* dy, const float* weight, float* dx);
void dnnl_weight_gradient(const ConvShape& shape, const void* x, const void* dy, float* dweight);
/// Computes the product of two bf16 matrices in f32, on one thread.
void dnnl_product(const ProductShape& shape, const void* a, const void* b, float* c);

}  // namespace fokker::detail
