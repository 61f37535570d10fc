#pragma once

#include "fokker/core/base/tensor.h"

namespace fokker {

/// Mean [1, D] and covariance [D, D] of samples, f64.  The covariance divides by N − 1.
struct GaussianFit {
  Tensor mean, covariance;
};

/// Fits the rows of x [N, D], N ≥ 2.
GaussianFit gaussian_fit(const Tensor& x);

}  // namespace fokker
