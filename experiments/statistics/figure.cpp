#include "fokker/experiments/statistics/figure.h"

#include <cmath>
#include <utility>

namespace fokker {

Figure mean_figure(std::string name, std::vector<double> values, const Range& range) {
  const Interval interval = mean_interval(values, 0.95, range);
  return {std::move(name), interval.mean, interval.low, interval.high};
}

Figure share_figure(std::string name, double successes, std::int64_t n) {
  constexpr double z = 1.959963984540054;
  const auto trials = static_cast<double>(n);
  const double share = successes / trials, spread = z * z / trials;
  const double middle = (share + spread / 2) / (1 + spread);
  const double half = z / (1 + spread) * std::sqrt(share * (1 - share) / trials + spread / (4 * trials));
  // Exact at the ends, where rounding would leave a little.
  return {std::move(name), share, successes == 0 ? 0 : middle - half, successes == trials ? 1 : middle + half};
}

}  // namespace fokker
