#pragma once

#include <cstdint>

namespace fokker {

/// Whole-number data in the units of the network: the values are first + k·width, k = 0 … count − 1.
struct GreyLevels {
  std::int64_t count = 0;  // 0: the data are continuous
  double first = 0, width = 1;

  /// Returns k of a value.  Throws ConfigError for values between the levels.
  std::int64_t index(double value) const;
};

}  // namespace fokker
