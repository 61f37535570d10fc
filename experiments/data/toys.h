#pragma once

#include <cstdint>

#include "fokker/core/ops/rng.h"
#include "fokker/experiments/data/dataset.h"

namespace fokker {

/// Means and common standard deviation of a toy mixture with equal weights, for exact scores.
struct ToyMixture {
  Tensor means;  // [modes, 2] f64
  double deviation;
};

/// Eight modes of deviation 0.2 on a circle of radius 2, and 25 modes of deviation 0.05 at {−2, −1, 0, 1, 2}².
ToyMixture eight_gaussians_mixture();
ToyMixture gaussian_grid_mixture();

/// The law N(mean, covariance) of gaussian_features, from which exact score, likelihood and Mahalanobis distance
/// follow:
///   mean_j = j − 4.5,  covariance_jk = d_j d_k 0.6^|j − k|,  d_j = (1 + j)/2,  j, k = 0 … 9.
struct GaussianLaw {
  Tensor mean, covariance;  // f64, [10] and [10, 10]
};
GaussianLaw gaussian_features_law();

/// n points [n, 2] in the plane; a label is the number of the mode or the moon.  Sample i depends on (seed, i) alone.
Dataset eight_gaussians(std::int64_t n, std::uint64_t seed);
Dataset gaussian_grid(std::int64_t n, std::uint64_t seed);
/// Two interleaved half circles of radius 1 with noise of deviation 0.05.
Dataset two_moons(std::int64_t n, std::uint64_t seed);
/// Points (φ cos φ, φ sin φ) / (3π/2) for φ = 3π/2 (1 + 2u), u uniform, with noise of deviation 0.05.
Dataset swiss_roll(std::int64_t n, std::uint64_t seed);
/// Points that are uniform on the black squares of a 4 × 4 board over [−2, 2]².
Dataset checkerboard(std::int64_t n, std::uint64_t seed);
/// Standard normal inputs [n, 100] and independent standard normal targets [n, 100].
Dataset regression_toy(std::int64_t n, std::uint64_t seed);
/// Ten correlated normal features [n, 10].
Dataset gaussian_features(std::int64_t n, std::uint64_t seed);
/// Samples of gaussian_features with anomalies, label 1, among them.  Every fourth sample lies 3 away in a uniform
/// direction of the whitened features, so the Mahalanobis distance is the most powerful score of anomaly [neyman1933].
Dataset gaussian_anomalies(std::int64_t n, std::uint64_t seed);

/// Throws ConfigError unless n ≥ 1.
void check_count(const char* name, std::int64_t n);
/// A data set that was made, with the range of its values x (f32) and their checksum.
Dataset generated(const char* name, const char* source, Tensor x);

}  // namespace fokker
