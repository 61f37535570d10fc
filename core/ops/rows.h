#pragma once

#include "fokker/core/ops/autodiff.h"

namespace fokker {

/// Returns how many numbers one sample of x [B, …] has, whatever B is.  Throws ShapeError for a tensor without axes.
std::int64_t row_size(const Tensor& x);

/// Returns x [B, …] as [B, D].
Tensor flat_rows(const Tensor& x);

}  // namespace fokker
