#pragma once

#include <functional>

#include "fokker/core/base/tensor.h"

namespace fokker::detail {

/// A root of y = known + h f(y), y [1, D], f on the tape, found along the curve y = known + λ h f(y) from λ = 0 to 1,
/// which is followed by its arc length, also where λ turns back [allgower1990].  Where all points of the curve are
/// bounded, as for a score whose denoiser is, it ends in a root.  NaN where it leads nowhere.
Tensor continued_root(const std::function<Tensor(const Tensor& y)>& f, const Tensor& known, double h);

}  // namespace fokker::detail
