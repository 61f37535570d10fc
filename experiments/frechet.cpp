#include "fokker/experiments/frechet.h"

#include "fokker/experiments/gaussian_fit.h"

namespace fokker {
namespace {

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
