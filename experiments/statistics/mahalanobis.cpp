#include "fokker/experiments/statistics/mahalanobis.h"

#include <Eigen/Cholesky>
#include <limits>

#include "fokker/core/base/error.h"
#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/matmul.h"
#include "fokker/core/ops/reduce.h"
#include "fokker/experiments/statistics/gaussian_fit.h"

namespace fokker {

Mahalanobis::Mahalanobis(const Tensor& reference, double ridge) {
  require<ShapeError>(reference.rank() == 2 && reference.extent(0) >= 2,
                      "[mahalanobis] expected a reference [N, D] with at least two rows, got {}", reference.shape());
  const GaussianFit fit = gaussian_fit(reference);
  const auto d = reference.extent(1);
  Eigen::MatrixXd c = Eigen::Map<const Eigen::MatrixXd>(fit.covariance.data<double>().data(), d, d);
  c.diagonal().array() += ridge * c.trace() / static_cast<double>(d) + std::numeric_limits<double>::min();
  const Eigen::LLT<Eigen::MatrixXd> factor(c);
  require<NumericalError>(
      factor.info() == Eigen::Success && c.allFinite(),
      "[mahalanobis] the covariance of {} has no Cholesky factor; look for values that are not finite",
      reference.shape());
  mean_ = fit.mean;
  whitening_ = Tensor::zeros({d, d}, Dtype::f64);
  // One routine stores by columns, the other by rows: L⁻¹ as it lies is L⁻ᵀ.
  Eigen::Map<Eigen::MatrixXd>(whitening_.data<double>().data(), d, d) =
      factor.matrixL().solve(Eigen::MatrixXd::Identity(d, d));
}

Tensor Mahalanobis::operator()(const Tensor& x) const {
  require<ShapeError>(x.rank() == 2 && x.extent(1) == mean_.extent(1), "[mahalanobis] expected rows of {}, got {}",
                      mean_.extent(1), x.shape());
  return sum(square(matmul(cast(x.detach(), Dtype::f64) - mean_, whitening_)), {1});
}

}  // namespace fokker
