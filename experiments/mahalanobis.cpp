#include "fokker/experiments/mahalanobis.h"

// The bits would depend on the number of OpenMP threads.
#define EIGEN_DONT_PARALLELIZE
#include <Eigen/Dense>
#include <limits>

#include "fokker/core/error.h"
#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/matmul.h"
#include "fokker/core/ops/reduce.h"

namespace fokker {

Mahalanobis::Mahalanobis(const Tensor& reference, double ridge) {
  require<ShapeError>(reference.rank() == 2 && reference.extent(0) >= 2,
                      "[mahalanobis] expected a reference [N, D] with at least two rows, got {}", reference.shape());
  const Tensor x = cast(reference.detach(), Dtype::f64);
  mean_ = mean(x, {0}, true);
  const Tensor centred = x - mean_;
  const Tensor covariance = matmul(centred, centred, Transpose::yes) * (1 / static_cast<double>(x.extent(0) - 1));
  const auto d = x.extent(1);
  using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  Matrix c = Eigen::Map<const Matrix>(covariance.data<double>().data(), d, d);
  c.diagonal().array() += ridge * c.trace() / static_cast<double>(d) + std::numeric_limits<double>::min();
  const Eigen::LLT<Matrix> factor(c);
  require<NumericalError>(
      factor.info() == Eigen::Success && c.allFinite(),
      "[mahalanobis] the covariance of {} has no Cholesky factor; look for values that are not finite",
      reference.shape());
  whitening_ = Tensor::zeros({d, d}, Dtype::f64);
  Eigen::Map<Matrix>(whitening_.data<double>().data(), d, d) =
      factor.matrixL().solve(Matrix::Identity(d, d)).transpose();
}

Tensor Mahalanobis::operator()(const Tensor& x) const {
  require<ShapeError>(x.rank() == 2 && x.extent(1) == mean_.extent(1), "[mahalanobis] expected rows of {}, got {}",
                      mean_.extent(1), x.shape());
  return sum(square(matmul(cast(x.detach(), Dtype::f64) - mean_, whitening_)), {1});
}

}  // namespace fokker
