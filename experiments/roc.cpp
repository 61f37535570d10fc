#include "fokker/experiments/roc.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/math/distributions/beta.hpp>
#include <cmath>

#include "fokker/core/error.h"
#include "fokker/experiments/report_plot.h"

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

/// For each of `values` the share of `others` (ascending) below it, equal ones counted half.
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

/// Variance of the mean of the values.
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

std::string roc_svg(const RocCurve& curve, const Figure& area) {
  constexpr double side = 320, left = 56, top = 24;
  const auto x = [](double share) { return left + side * share; };
  const auto y = [](double share) { return top + side * (1 - share); };
  std::string out = fmt::format(
      R"(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {0} {1}" width="{0}" height="{1}"><style>{2}
.roc{{fill:none;stroke:var(--s0,#2a6fbb);stroke-width:2}}.chance{{stroke:#999;stroke-dasharray:4 4}}.tick{{font:12px sans-serif;fill:#888}}</style>)",
      left + side + 24, top + side + 48, chart_style());
  for (const double tick : {0.0, 0.25, 0.5, 0.75, 1.0}) {
    out += fmt::format(R"(<line class="grid" x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}"/>)", x(tick), y(0),
                       x(tick), y(1));
    out += fmt::format(R"(<line class="grid" x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}"/>)", x(0), y(tick), x(1),
                       y(tick));
    out += fmt::format(R"(<text class="tick" x="{:.1f}" y="{:.1f}" text-anchor="middle">{:g}</text>)", x(tick),
                       y(0) + 16, tick);
    out += fmt::format(R"(<text class="tick" x="{:.1f}" y="{:.1f}" text-anchor="end">{:g}</text>)", x(0) - 6,
                       y(tick) + 4, tick);
  }
  out += fmt::format(
      R"(<line class="chance" x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}"/><polyline class="roc" points=")", x(0),
      y(0), x(1), y(1));
  for (std::size_t i = 0; i < curve.detected.size(); ++i)
    out += fmt::format("{:.1f},{:.1f} ", x(curve.false_alarms[i]), y(curve.detected[i]));
  out += fmt::format(R"("/><text class="tick" x="{:.1f}" y="{:.1f}" text-anchor="middle">false alarms</text>)", x(0.5),
                     y(0) + 36);
  out +=
      fmt::format(R"(<text class="tick" x="{:.1f}" y="{:.1f}" text-anchor="end">area {:.3f} [{:.3f}, {:.3f}]</text>)",
                  x(0.97), y(0.05), area.value, area.low, area.high);
  out += fmt::format(R"(<text class="tick" x="{:.1f}" y="{:.1f}">anomalies found</text></svg>)", x(0), y(1) - 8);
  return out;
}

}  // namespace fokker
