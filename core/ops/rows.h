#pragma once

#include "fokker/core/ops/autodiff.h"

namespace fokker {

/// The numbers of one sample of x [B, …], whatever B is; throws ShapeError for a tensor without axes.
std::int64_t row_size(const Tensor& x);

/// x [B, …] as [B, D].
Tensor flat_rows(const Tensor& x);

}  // namespace fokker
