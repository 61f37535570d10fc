#include "fokker/experiments/statistics/frechet.h"

#include <Eigen/Eigenvalues>
#include <algorithm>

#include "fokker/core/base/error.h"
#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/reduce.h"
#include "fokker/experiments/statistics/gaussian_fit.h"

namespace fokker {
namespace {

Eigen::Map<const Eigen::MatrixXd> covariance_matrix(const GaussianFit& fit) {
  return {fit.covariance.data<double>().data(), fit.covariance.extent(0), fit.covariance.extent(1)};
}

/// The positive square root of a symmetric matrix; eigenvalues that rounding made negative count as zero.
Eigen::MatrixXd square_root(const Eigen::MatrixXd& matrix) {
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(matrix);
  require<NumericalError>(solver.info() == Eigen::Success,
                          "[frechet] the eigenvalues of a {0} × {0} covariance did not "
                          "converge; look for values that are not finite",
                          matrix.rows());
  return solver.eigenvectors() * solver.eigenvalues().cwiseMax(0).cwiseSqrt().asDiagonal() *
         solver.eigenvectors().transpose();
}

}  // namespace

double frechet_distance(const Tensor& a, const Tensor& b) {
  require<ShapeError>(a.rank() == 2 && b.rank() == 2 && a.extent(1) == b.extent(1),
                      "[frechet] expected [N, D] and [M, D], got {} and {}", to_string(a.shape()),
                      to_string(b.shape()));
  require<ShapeError>(a.extent(0) >= 2 && b.extent(0) >= 2, "[frechet] expected at least two rows, got {} and {}",
                      a.extent(0), b.extent(0));
  const GaussianFit fit_a = gaussian_fit(a), fit_b = gaussian_fit(b);
  const auto a_covariance = covariance_matrix(fit_a), b_covariance = covariance_matrix(fit_b);
  const Eigen::MatrixXd root = square_root(a_covariance);
  const Eigen::MatrixXd product = root * b_covariance * root;
  // The product is symmetric up to rounding, and the decomposition reads one triangle.
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(0.5 * (product + product.transpose()),
                                                              Eigen::EigenvaluesOnly);
  const double cross = solver.eigenvalues().cwiseMax(0).cwiseSqrt().sum();
  const double distance =
      sum(square(fit_a.mean - fit_b.mean)).item() + a_covariance.trace() + b_covariance.trace() - 2 * cross;
  return std::max(distance, 0.0);
}

}  // namespace fokker
