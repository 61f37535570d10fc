#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace fokker {

// Averages of parameters with power functions for weights [karras2024].  After t updates the parameter at time τ ≤ t has
// the weight (γ + 1) τ^γ / t^(γ+1), which grows with training: its standard deviation is the same share of t, always.
// That share, the average's length, names it.

/// The lengths that averages may have; 0.289 would be that of equal weights, γ = 0.
inline constexpr double largest_average_length = 0.28;

/// γ of a length: its square is (γ + 1)/((γ + 2)²(γ + 3)).  Throws ConfigError outside (0, 0.28].
double power_of_length(double length);

/// The share (1 − 1/t)^(γ+1) of the old average that update t, from 1, keeps.
double power_decay(double power, std::int64_t update);

/// A power-function average as it was after `updates` updates.
struct PowerProfile {
  double length;
  std::int64_t updates;
};

/// A profile as a sum of others.
struct ProfileFit {
  std::vector<double> coefficients;  // they sum to 1
  /// ‖profile − sum‖ / ‖profile‖ as functions of time.
  double error;
};

/// The least-squares fit of `target` by `snapshots`: the same sum of their averages is the average that `target`
/// describes, up to what `error` leaves.  Throws ConfigError without snapshots.
ProfileFit fit_profile(std::span<const PowerProfile> snapshots, const PowerProfile& target);

}  // namespace fokker
