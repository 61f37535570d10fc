#pragma once

#include "fokker/core/base/tensor.h"
#include "fokker/core/kernels/kernels.h"

namespace fokker::detail {

/// out = op(a, b) over the broadcast shape, off the tape.  Throws ShapeError for other shapes or unequal dtypes.
Tensor binary(kernels::Binary op, const Tensor& a, const Tensor& b, const char* where);

/// x repeated to `shape`, off the tape.
Tensor expand(const Tensor& x, const Shape& shape, const char* where);

/// The forms with a scalar.
Tensor binary(kernels::Binary op, const Tensor& a, double b);
Tensor binary(kernels::Binary op, double a, const Tensor& b);

Tensor unary(kernels::Unary op, const Tensor& x);

}  // namespace fokker::detail
