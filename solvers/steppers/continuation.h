#pragma once

#include <functional>

#include "fokker/core/base/tensor.h"

namespace fokker::detail {

/// Returns a root of y = known + h f(y), y [1, D], with f on the tape.  The curve y = known + λ h f(y) is followed from
/// λ = 0 to 1 by its arc length, also where λ turns back [allgower1990].  The curve ends in a root where all of its
/// points are bounded, as for a score whose denoiser is bounded.  Returns NaN where the curve leads to no root.
Tensor continued_root(const std::function<Tensor(const Tensor& y)>& f, const Tensor& known, double h);

}  // namespace fokker::detail
