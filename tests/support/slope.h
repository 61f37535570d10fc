#pragma once

#include <cmath>
#include <vector>

/// Least squares of log₂ error on the level.
inline double slope(const std::vector<double>& errors) {
  const auto n = static_cast<double>(errors.size());
  double x = 0, y = 0, xx = 0, xy = 0;
  for (std::size_t i = 0; i < errors.size(); ++i) {
    const double u = static_cast<double>(i), v = -std::log2(errors[i]);
    x += u, y += v, xx += u * u, xy += u * v;
  }
  return (n * xy - x * y) / (n * xx - x * x);
}
