#include "fokker/experiments/training/noise_levels.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace fokker {

void NoiseLevels::observe(std::span<const double> label, std::span<const double> error) {
  const auto sums = sums_.data<double>();
  for (std::size_t i = 0; i < label.size(); ++i) {
    const auto part = std::clamp<std::int64_t>(static_cast<std::int64_t>(label[i] * parts), 0, parts - 1);
    sums[static_cast<std::size_t>(part)] += 1;
    sums[static_cast<std::size_t>(part + parts)] += error[i];
    sums[static_cast<std::size_t>(part + 2 * parts)] += error[i] * error[i];
  }
}

std::vector<LevelErrors> NoiseLevels::take() {
  const auto sums = sums_.data<double>();
  std::vector<LevelErrors> result;
  double observed = 0;
  for (std::size_t part = 0; part < parts; ++part) {
    const double n = sums[part], mean = sums[part + parts] / n;
    observed += n;
    // The quotient 0/0 would be a NaN with a sign, which a log does not keep.
    constexpr double none = std::numeric_limits<double>::quiet_NaN();
    result.push_back({.count = static_cast<std::int64_t>(n),
                      .mean = n > 0 ? mean : none,
                      .deviation = n > 0 ? std::sqrt(std::max(0.0, sums[part + 2 * parts] / n - mean * mean)) : none});
  }
  std::ranges::fill(sums, 0);
  if (observed == 0) result.clear();
  return result;
}

std::int64_t least_improved(std::span<const LevelErrors> first, std::span<const LevelErrors> last) {
  std::int64_t worst = -1;
  double largest = -std::numeric_limits<double>::infinity();
  for (std::size_t part = 0; part < std::min(first.size(), last.size()); ++part) {
    if (first[part].count == 0 || last[part].count == 0) continue;
    const double ratio = last[part].mean / first[part].mean;
    if (ratio > largest) {
      largest = ratio;
      worst = static_cast<std::int64_t>(part);
    }
  }
  return worst;
}

}  // namespace fokker
