#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "fokker/experiments/statistics/intervals.h"

namespace fokker {

/// A measured number and, where it has one, its 95 % interval.
struct Figure {
  std::string name;
  double value;
  double low = std::numeric_limits<double>::quiet_NaN(), high = std::numeric_limits<double>::quiet_NaN();
  std::string features = {};  // the feature network that is its unit

  bool has_interval() const { return low == low; }
};

/// Mean of independent values with its interval within the range of the quantity (`mean_interval`).
Figure mean_figure(std::string name, std::vector<double> values, const Range& range = {});
/// A share of `n` trials with Wilson's interval.  A trial may succeed in part; the interval is then wider than it need be.
Figure share_figure(std::string name, double successes, std::int64_t n);

}  // namespace fokker
