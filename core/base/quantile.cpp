#include "fokker/core/base/quantile.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "fokker/core/base/error.h"

namespace fokker {
namespace {

/// The values at two neighbouring places of the order.  Behind the last place, the second value is the first.
struct Neighbours {
  double low, high;
};

Neighbours neighbours(std::span<double> values, std::size_t place) {
  const auto low = values.begin() + static_cast<std::ptrdiff_t>(place);
  std::nth_element(values.begin(), low, values.end());
  return {*low, low + 1 == values.end() ? *low : *std::min_element(low + 1, values.end())};
}

/// Whether the values have an order: a NaN has no place in one.
bool ordered(std::span<const double> values, const char* where) {
  require<ShapeError>(!values.empty(), "[{}] expected at least one value, got none", where);
  return std::ranges::none_of(values, [](double value) { return std::isnan(value); });
}

}  // namespace

double quantile_in_place(std::span<double> values, double share) {
  require<ConfigError>(share >= 0 && share <= 1, "[quantile] expected a share in [0, 1], got {}", share);
  if (!ordered(values, "quantile")) return std::numeric_limits<double>::quiet_NaN();
  const double place = share * static_cast<double>(values.size() - 1), below = std::floor(place);
  const auto [low, high] = neighbours(values, static_cast<std::size_t>(below));
  return place > below ? low + (place - below) * (high - low) : low;
}

double quantile(std::vector<double> values, double share) { return quantile_in_place(values, share); }

double median(std::vector<double> values) {
  if (!ordered(values, "median")) return std::numeric_limits<double>::quiet_NaN();
  const auto [low, high] = neighbours(values, (values.size() - 1) / 2);
  return values.size() % 2 == 1 ? low : 0.5 * (low + high);
}

}  // namespace fokker
