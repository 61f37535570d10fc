#pragma once

// The bits would depend on the number of OpenMP threads.
#define EIGEN_DONT_PARALLELIZE
#include <Eigen/Dense>

#include "fokker/core/tensor.h"

namespace fokker {

/// Mean [D] and covariance [D, D] of samples, with N − 1.
struct GaussianFit {
  Eigen::RowVectorXd mean;
  Eigen::MatrixXd covariance;
};

/// Of the rows of x [N, D], N ≥ 2, in f64.
GaussianFit gaussian_fit(const Tensor& x);

}  // namespace fokker
