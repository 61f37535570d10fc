#pragma once
// The exact posterior of a mixture under a linear measurement.

#include <Eigen/Dense>
#include <cmath>
#include <vector>

#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/view.h"
#include "fokker/sde/linear_operator.h"
#include "fokker/sde/mixture.h"

namespace fokker {

/// Σₖ wₖ N(μₖ, vₖ I) given y = A x + s ε, y [M]: a mixture Σ w′ₖ N(μₖ + G (y − A μₖ), vₖ (I − G A)),
/// G = vₖ Aᵀ (vₖ A Aᵀ + s² I)⁻¹, with w′ₖ ∝ wₖ N(y; A μₖ, vₖ A Aᵀ + s² I).  By matrices, without
/// the operator's own solve.
class ExactPosterior {
 public:
  ExactPosterior(std::vector<std::vector<double>> means, std::vector<double> deviations, std::vector<double> weights)
      : means_(std::move(means)), deviations_(std::move(deviations)), weights_(std::move(weights)) {}

  GaussianMixture prior() const { return GaussianMixture(means_, deviations_, weights_); }

  /// Draws [n, D].
  Tensor sample(std::int64_t n, const Eigen::MatrixXd& a, const Eigen::VectorXd& y, double noise,
                const Rng& rng) const {
    std::vector<Eigen::VectorXd> centres;
    std::vector<Eigen::MatrixXd> roots;
    std::vector<double> shares;
    for (std::size_t k = 0; k < means_.size(); ++k) {
      const double v = deviations_[k] * deviations_[k];
      const Eigen::VectorXd mean = Eigen::Map<const Eigen::VectorXd>(means_[k].data(), a.cols());
      const Eigen::MatrixXd s = v * a * a.transpose() + noise * noise * Eigen::MatrixXd::Identity(a.rows(), a.rows());
      const Eigen::MatrixXd gain = v * a.transpose() * s.inverse();
      const Eigen::VectorXd residual = y - a * mean;
      const Eigen::MatrixXd covariance = v * (Eigen::MatrixXd::Identity(a.cols(), a.cols()) - gain * a);
      const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> parts(covariance);
      centres.emplace_back(mean + gain * residual);
      roots.emplace_back(parts.eigenvectors() * parts.eigenvalues().cwiseMax(0).cwiseSqrt().asDiagonal());
      shares.push_back(weights_[k] * std::exp(-0.5 * residual.dot(s.inverse() * residual)) /
                       std::sqrt(s.determinant()));
    }
    return draw(n, centres, roots, shares, rng);
  }

 private:
  static Tensor draw(std::int64_t n, const std::vector<Eigen::VectorXd>& centres,
                     const std::vector<Eigen::MatrixXd>& roots, std::vector<double> shares, const Rng& rng) {
    double total = 0;
    for (const double share : shares) total += share;
    const std::int64_t d = centres[0].size();
    const Tensor normal = rng.with(Stream::data).normal({n, d}, Dtype::f64);
    std::vector<double> values;
    for (std::int64_t i = 0; i < n; ++i) {
      double u = total * rng.with(Stream::label).uniform_at(static_cast<std::uint64_t>(i));
      std::size_t k = 0;
      while (k + 1 < shares.size() && u >= shares[k]) u -= shares[k++];
      const Eigen::Map<const Eigen::VectorXd> z(normal.data<double>().data() + i * d, d);
      const Eigen::VectorXd x = centres[k] + roots[k] * z;
      values.insert(values.end(), x.begin(), x.end());
    }
    return Tensor::from(values, {n, d});
  }

  std::vector<std::vector<double>> means_;
  std::vector<double> deviations_, weights_;
};

/// One measurement y for each of n samples.
inline Tensor repeated(const std::vector<double>& y, std::int64_t n) {
  return broadcast_to(Tensor::from(y, {1, std::ssize(y)}), {n, std::ssize(y)}).clone();
}

}  // namespace fokker
