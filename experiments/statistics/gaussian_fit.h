#pragma once

#include "fokker/core/base/tensor.h"

namespace fokker {

/// Mean [1, D] and covariance [D, D] of samples, with N − 1, in f64.
struct GaussianFit {
  Tensor mean, covariance;
};

/// Of the rows of x [N, D], N ≥ 2.
GaussianFit gaussian_fit(const Tensor& x);

}  // namespace fokker
