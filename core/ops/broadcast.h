#pragma once

#include "fokker/core/base/tensor.h"
#include "fokker/core/kernels/kernels.h"

namespace fokker::detail {

/// Returns op(a, b) over the broadcast shape of a and b, off the tape.  Throws ShapeError, which names `where`, for
/// shapes that do not broadcast and unequal dtypes.
Tensor binary(kernels::Binary op, const Tensor& a, const Tensor& b, const char* where);

/// Returns x repeated to `shape`, off the tape.  Throws ShapeError, which names `where`, unless x broadcasts to it.
Tensor expand(const Tensor& x, const Shape& shape, const char* where);

/// Return op(a, b) with a scalar, and op(x), of the tensor's shape, off the tape.
Tensor binary(kernels::Binary op, const Tensor& a, double b);
Tensor binary(kernels::Binary op, double a, const Tensor& b);

Tensor unary(kernels::Unary op, const Tensor& x);

}  // namespace fokker::detail
