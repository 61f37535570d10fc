#include "fokker/core/optim/power_average.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>

#include "fokker/core/base/error.h"

namespace fokker {
namespace {

/// ∫ p_a p_b dτ.  The weights of the updates are integrals of p over the intervals between them, without remainder.
double inner_product(const PowerProfile& a, const PowerProfile& b) {
  const bool ordered = a.updates <= b.updates;
  const PowerProfile &early = ordered ? a : b, &late = ordered ? b : a;
  const double p = power_of_length(early.length), q = power_of_length(late.length);
  const auto s = static_cast<double>(early.updates), t = static_cast<double>(late.updates);
  return (p + 1) * (q + 1) / (p + q + 1) * std::pow(s / t, q) / t;
}

}  // namespace

double power_of_length(double length) {
  require<ConfigError>(length > 0 && length <= largest_average_length, "[average] expected a length in (0, {}], got {}",
                       largest_average_length, length);
  // γ³ + 7γ² + (16 − s)γ + 12 − s = 0, s = length⁻²: convex where γ > 0, so Newton falls to the largest root.
  const double s = 1 / (length * length);
  double power = 1 / length;
  for (int i = 0; i < 60; ++i)
    power -= (((power + 7) * power + 16 - s) * power + 12 - s) / ((3 * power + 14) * power + 16 - s);
  return power;
}

double power_decay(double power, std::int64_t update) {
  return std::pow(1 - 1 / static_cast<double>(update), power + 1);
}

ProfileFit fit_profile(std::span<const PowerProfile> snapshots, const PowerProfile& target) {
  const auto n = static_cast<Eigen::Index>(snapshots.size());
  require<ConfigError>(n > 0, "[average] expected snapshots of averages, got none");
  // Profiles of norm 1: a x = b under the constraint that Σ x_i/‖p_i‖ = 1, with a Lagrange multiplier.
  Eigen::MatrixXd system = Eigen::MatrixXd::Zero(n + 1, n + 1);
  Eigen::VectorXd right(n + 1), norm(n);
  for (Eigen::Index i = 0; i < n; ++i) norm[i] = std::sqrt(inner_product(snapshots[i], snapshots[i]));
  const double scale = std::sqrt(inner_product(target, target));
  for (Eigen::Index i = 0; i < n; ++i) {
    for (Eigen::Index j = 0; j < n; ++j) system(i, j) = inner_product(snapshots[i], snapshots[j]) / (norm[i] * norm[j]);
    system(i, n) = system(n, i) = scale / norm[i];
    right[i] = inner_product(snapshots[i], target) / (norm[i] * scale);
  }
  right[n] = 1;
  const Eigen::VectorXd x = system.completeOrthogonalDecomposition().solve(right).head(n);
  const double square = x.dot(system.topLeftCorner(n, n) * x) - 2 * x.dot(right.head(n)) + 1;
  ProfileFit fit{.coefficients = {}, .error = std::sqrt(std::max(0.0, square))};
  for (Eigen::Index i = 0; i < n; ++i) fit.coefficients.push_back(x[i] * scale / norm[i]);
  return fit;
}

}  // namespace fokker
