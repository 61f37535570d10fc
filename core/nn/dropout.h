#pragma once

#include "fokker/core/nn/module.h"

namespace fokker {

/// In training, sets a share `rate` of the elements of x [B, …] to zero and scales the rest by
/// 1/(1 − rate).  Element j of sample i is dropped or kept by (pass.rng, layer, i, j), whatever the
/// batch is cut into.  The result has x's shape.
struct Dropout {
  double rate = 0;
  std::uint64_t layer = 0;  // tells the layers of one network apart

  Tensor operator()(const Tensor& x, const Pass& pass) const;
};

}  // namespace fokker
