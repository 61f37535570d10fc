#include "fokker/experiments/frechet.h"

// The bits would depend on the number of OpenMP threads.
#define EIGEN_DONT_PARALLELIZE
#include <Eigen/Dense>

#include "fokker/core/ops/elementwise.h"

namespace fokker {
namespace {

using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

struct GaussianFit {
  Eigen::RowVectorXd mean;
  Eigen::MatrixXd covariance;
};

GaussianFit fit(const Tensor& x) {
  const Tensor values = cast(x.detach(), Dtype::f64);
  const Eigen::Map<const Matrix> rows(values.data<double>().data(), values.extent(0), values.extent(1));
  GaussianFit result{rows.colwise().mean(), {}};
  const Matrix centred = rows.rowwise() - result.mean;
  result.covariance = centred.transpose() * centred / static_cast<double>(values.extent(0) - 1);
  return result;
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
  const GaussianFit fit_a = fit(a), fit_b = fit(b);
  const Eigen::MatrixXd root = square_root(fit_a.covariance);
  const Eigen::MatrixXd product = root * fit_b.covariance * root;
  // Symmetric up to rounding; the decomposition reads one triangle.
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(0.5 * (product + product.transpose()),
                                                              Eigen::EigenvaluesOnly);
  const double cross = solver.eigenvalues().cwiseMax(0).cwiseSqrt().sum();
  const double distance =
      (fit_a.mean - fit_b.mean).squaredNorm() + fit_a.covariance.trace() + fit_b.covariance.trace() - 2 * cross;
  return std::max(distance, 0.0);
}

}  // namespace fokker
