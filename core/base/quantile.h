#pragma once

#include <span>
#include <vector>

namespace fokker {

// The functions below take at least one value, return NaN where a value is NaN, and throw ShapeError for no values.

/// Returns the quantile `share` in [0, 1] by linear interpolation at the position share·(n − 1) of the sorted values,
/// as NumPy and PyTorch do.  The values come back in another order.  Throws ConfigError for a share outside [0, 1].
double quantile_in_place(std::span<double> values, double share);
double quantile(std::vector<double> values, double share);
/// Returns the middle value, or the mean of the two in the middle.
double median(std::vector<double> values);

}  // namespace fokker
