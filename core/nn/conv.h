#pragma once

#include "fokker/core/nn/linear.h"
#include "fokker/core/ops/conv.h"

namespace fokker {

/// A convolution of x [B, H, W, in] with weight [out, in, kernel, kernel] and bias [out].
struct Conv2d {
  Tensor weight, bias;
  ConvGeometry geometry;

  Conv2d() = default;
  /// Makes the layer with padding kernel/2, which keeps the size at stride 1.
  Conv2d(std::int64_t in, std::int64_t out, int kernel, const Rng& rng, int stride = 1, Init init = Init::fan_in);
  Tensor operator()(const Tensor& x) const;
  void visit(const ParameterVisitor& visitor);
};

}  // namespace fokker
