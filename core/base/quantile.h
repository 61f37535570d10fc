#pragma once

#include <span>
#include <vector>

namespace fokker {

// Of at least one value; not a number where one of them is not.  Throw ShapeError for no values.

/// The quantile `share` in [0, 1] by linear interpolation at the place share·(n − 1) in the order of the values, as
/// NumPy's and torch's.  The values come back in another order.  Throws ConfigError for another share.
double quantile_in_place(std::span<double> values, double share);
double quantile(std::vector<double> values, double share);
/// The middle value, or the mean of the two in the middle.
double median(std::vector<double> values);

}  // namespace fokker
