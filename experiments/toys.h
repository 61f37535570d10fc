#pragma once

#include <cstdint>

#include "fokker/core/rng.h"
#include "fokker/experiments/dataset.h"

namespace fokker {

/// Means and common standard deviation of a toy mixture with equal weights, for exact scores.
struct ToyMixture {
  Tensor means;  // [modes, 2] f64
  double deviation;
};

/// Eight modes of deviation 0.2 on a circle of radius 2; and 25 of deviation 0.05 at {−2, −1, 0, 1, 2}².
ToyMixture eight_gaussians_mixture();
ToyMixture gaussian_grid_mixture();

/// n points in the plane (labels: the mode or the moon).  Sample i depends on (seed, i) alone.
Dataset eight_gaussians(std::int64_t n, std::uint64_t seed);
Dataset gaussian_grid(std::int64_t n, std::uint64_t seed);
/// Two interleaved half circles of radius 1 with noise of deviation 0.05.
Dataset two_moons(std::int64_t n, std::uint64_t seed);
/// (φ cos φ, φ sin φ) / (3π/2) for φ = 3π/2 (1 + 2u), u uniform, with noise of deviation 0.05.
Dataset swiss_roll(std::int64_t n, std::uint64_t seed);
/// Uniform on the black squares of a 4 × 4 board over [−2, 2]².
Dataset checkerboard(std::int64_t n, std::uint64_t seed);
/// Standard normal inputs [n, 100] and independent standard normal targets [n, 100].
Dataset regression_toy(std::int64_t n, std::uint64_t seed);

}  // namespace fokker
