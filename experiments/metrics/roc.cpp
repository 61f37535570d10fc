#include "fokker/experiments/metrics/roc.h"

#include <algorithm>
#include <boost/math/distributions/beta.hpp>
#include <cmath>

#include "fokker/core/base/error.h"

namespace fokker {
namespace {

constexpr double z95 = 1.959963984540054;

void check(std::span<const double> normal, std::span<const double> anomalous) {
  require<ShapeError>(!normal.empty() && !anomalous.empty(),
                      "[roc] expected scores of normal samples and of anomalies, got {} and {}", normal.size(),
                      anomalous.size());
  const auto unordered = [](double v) { return std::isnan(v); };
  require<NumericalError>(std::ranges::none_of(normal, unordered) && std::ranges::none_of(anomalous, unordered),
                          "[roc] expected scores that can be ordered, got NaN");
}

/// For each of `values`, the share of `others` (ascending) below it, with equal ones counted half.
std::vector<double> placements(std::span<const double> values, const std::vector<double>& others) {
  std::vector<double> result;
  for (const double value : values) {
    const auto [first, last] = std::ranges::equal_range(others, value);
    const auto below = static_cast<double>(first - others.begin()), equal = static_cast<double>(last - first);
    result.push_back((below + 0.5 * equal) / static_cast<double>(others.size()));
  }
  return result;
}

std::vector<double> sorted(std::span<const double> values) {
  std::vector<double> result(values.begin(), values.end());
  std::ranges::sort(result);
  return result;
}

double mean_of(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

/// The variance of the mean of the values.
double variance_of_mean(const std::vector<double>& values) {
  const double mean = mean_of(values), n = static_cast<double>(values.size());
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return n < 2 ? 0 : squares / (n - 1) / n;
}

}  // namespace

RocCurve roc_curve(std::span<const double> normal, std::span<const double> anomalous) {
  check(normal, anomalous);
  const auto below = sorted(normal), above = sorted(anomalous);
  std::vector<double> thresholds = below;
  thresholds.insert(thresholds.end(), above.begin(), above.end());
  std::ranges::sort(thresholds, std::greater<>());
  thresholds.erase(std::unique(thresholds.begin(), thresholds.end()), thresholds.end());
  const auto share = [](const std::vector<double>& scores, double threshold) {
    return static_cast<double>(scores.end() - std::ranges::lower_bound(scores, threshold)) /
           static_cast<double>(scores.size());
  };
  RocCurve curve{{0}, {0}};
  for (const double threshold : thresholds) {
    curve.false_alarms.push_back(share(below, threshold));
    curve.detected.push_back(share(above, threshold));
  }
  return curve;
}

Figure auroc(std::string name, std::span<const double> normal, std::span<const double> anomalous) {
  check(normal, anomalous);
  const auto of_anomalies = placements(anomalous, sorted(normal)), of_normal = placements(normal, sorted(anomalous));
  const double area = mean_of(of_anomalies);
  const double variance = variance_of_mean(of_anomalies) + variance_of_mean(of_normal);
  Figure figure{std::move(name), area};
  if (variance > 0 && area > 0 && area < 1) {
    const double logit = std::log(area / (1 - area)), half = z95 * std::sqrt(variance) / (area * (1 - area));
    figure.low = 1 / (1 + std::exp(half - logit));
    figure.high = 1 / (1 + std::exp(-half - logit));
  } else if (area == 1 || area == 0) {
    const auto n = static_cast<std::int64_t>(std::min(normal.size(), anomalous.size()));
    const Figure bound = share_figure("", area == 1 ? n : 0, n);
    figure.low = bound.low;
    figure.high = bound.high;
  }
  return figure;
}

AlarmThreshold alarm_threshold(std::vector<double> normal, double rate) {
  require<ConfigError>(rate > 0 && rate < 1, "[detect.false_alarm] expected a rate in (0, 1), got {}", rate);
  const auto n = static_cast<double>(normal.size());
  const double k = std::ceil((n + 1) * (1 - rate) - 1e-9);
  require<ConfigError>(
      k >= 1 && k <= n,
      "[detect.false_alarm] a rate of {} takes {} held-out normal samples or more to set its threshold "
      "by, got {}; hold out more or state a higher rate",
      rate, std::ceil(1 / rate - 1 - 1e-9), normal.size());
  const auto place = normal.begin() + static_cast<std::ptrdiff_t>(k) - 1;
  std::nth_element(normal.begin(), place, normal.end());
  const boost::math::beta_distribution<double> law(n + 1 - k, k);
  return {*place, (n + 1 - k) / (n + 1), boost::math::quantile(law, 0.025), boost::math::quantile(law, 0.975)};
}

}  // namespace fokker
