#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace fokker {

// Averages of parameters whose weights are power functions [karras2024].  After t updates the parameter at time τ ≤ t
// has the weight (γ + 1) τ^γ / t^(γ+1).  This profile grows with training: its standard deviation is always the same
// share of t.  That share, the length of the average, names the profile.

/// The largest length that an average may have; 0.289 would be that of equal weights, γ = 0.
inline constexpr double largest_average_length = 0.28;

/// Returns γ of a length, for which length² = (γ + 1)/((γ + 2)²(γ + 3)).  Throws ConfigError outside (0, 0.28].
double power_of_length(double length);

/// Returns the share (1 − 1/t)^(γ+1) of the old average that update t, counted from 1, keeps.
double power_decay(double power, std::int64_t update);

/// A power-function average as it is after `updates` updates.
struct PowerProfile {
  double length;
  std::int64_t updates;
};

/// A profile as a weighted sum of others.
struct ProfileFit {
  std::vector<double> coefficients;  // they sum to 1
  /// ‖profile − sum‖ / ‖profile‖, as functions of time.
  double error;
};

/// Returns the least-squares fit of `target` by `snapshots`.  The sum of the snapshots' averages
/// with the fit's coefficients is the average that `target` describes, up to what `error`
/// leaves.  Throws ConfigError without snapshots.
ProfileFit fit_profile(std::span<const PowerProfile> snapshots, const PowerProfile& target);

}  // namespace fokker
