#include "fokker/solvers/likelihood/decoder.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "fokker/core/base/error.h"

namespace fokker {
namespace {

/// log(erfc(a) − erfc(b)) for 0 ≤ a < b, by the ratio of the two.
double log_difference(double a, double b) {
  const double of_a = log_erfc(a);
  return of_a + std::log(-std::expm1(log_erfc(b) - of_a));
}

/// log of the share that `level` has in Σ over the levels of exp(−½ ((level − mean)/deviation)²), which is summed from the
/// nearest one outwards.
double log_share(std::int64_t level, double mean, double deviation, const GreyLevels& levels) {
  constexpr double negligible = 45;  // e^−45 is less than a rounding error of what is there
  const double place = std::clamp((mean - levels.first) / levels.width, 0.0, static_cast<double>(levels.count - 1));
  const auto nearest = static_cast<std::int64_t>(std::round(place));
  // The exponent of level k above the nearest one's, as a product: the two are large far from the levels.
  const auto above = [&](std::int64_t k) {
    const double apart = static_cast<double>(k - nearest) * levels.width;
    const double middle = levels.first + 0.5 * static_cast<double>(k + nearest) * levels.width;
    return apart / deviation * ((middle - mean) / deviation);
  };
  double others = 0;
  for (const int side : {-1, 1})
    for (std::int64_t k = nearest + side; k >= 0 && k < levels.count; k += side) {
      const double exponent = above(k);
      if (exponent > negligible) break;
      others += std::exp(-exponent);
    }
  return -above(level) - std::log1p(others);
}

/// Σ over each sample of log_probability(level, mean).
template <class LogProbability>
Tensor summed(const Tensor& x0, const Tensor& mean, const GreyLevels& levels, LogProbability log_probability) {
  require<ShapeError>(x0.shape() == mean.shape() && x0.rank() > 0 && x0.extent(0) > 0,
                      "[decoder] expected data and means of one shape, got {} and {}", to_string(x0.shape()),
                      to_string(mean.shape()));
  require<ConfigError>(levels.count > 1 && levels.width > 0,
                       "[decoder] expected two or more levels of a width above 0, got {} of {}", levels.count,
                       levels.width);
  const std::int64_t n = x0.extent(0), width = x0.size() / n;
  Tensor result = Tensor::zeros({n}, Dtype::f64);
  const auto sums = result.data<double>();
  for (std::int64_t i = 0; i < x0.size(); ++i)
    sums[static_cast<std::size_t>(i / width)] += log_probability(levels.index(x0.at(i)), mean.at(i));
  return result;
}

}  // namespace

double decoding_time(const ForwardSde& sde, const GreyLevels& levels) {
  return std::max(sde.t_min(), sde.time_of_lambda(-std::log(levels.width / 3)));
}

double log_erfc(double x) {
  constexpr double far = 20;
  if (x < far) return std::log(std::erfc(x));
  // erfc(x) = e^−x² / (x √π) · (1 − r + 3 r² − 15 r³ + …), r = 1/(2x²)
  const double r = 0.5 / (x * x);
  const double series = 1 - r * (1 - 3 * r * (1 - 5 * r * (1 - 7 * r * (1 - 9 * r))));
  return -x * x - std::log(x * std::sqrt(std::numbers::pi)) + std::log(series);
}

double log_normal_interval(double a, double b) {
  const double low = a / std::numbers::sqrt2, high = b / std::numbers::sqrt2;
  if (low > -1 && high < 1) return std::log(0.5 * (std::erf(high) - std::erf(low)));
  if (low >= 0) return log_difference(low, high) - std::numbers::ln2;
  if (high <= 0) return log_difference(-high, -low) - std::numbers::ln2;
  return std::log1p(-0.5 * (std::erfc(-low) + std::erfc(high)));
}

Tensor discretised_log_probability(const Tensor& x0, const Tensor& mean, double deviation, const GreyLevels& levels) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  return summed(x0, mean, levels, [&](std::int64_t level, double at) {
    const double centre = levels.first + static_cast<double>(level) * levels.width - at;
    const double low = level == 0 ? -infinity : (centre - 0.5 * levels.width) / deviation;
    const double high = level == levels.count - 1 ? infinity : (centre + 0.5 * levels.width) / deviation;
    return log_normal_interval(low, high);
  });
}

Tensor categorical_log_probability(const Tensor& x0, const Tensor& mean, double deviation, const GreyLevels& levels) {
  return summed(x0, mean, levels,
                [&](std::int64_t level, double at) { return log_share(level, at, deviation, levels); });
}

}  // namespace fokker
