#include "fokker/experiments/compare_statistics.h"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <limits>
#include <numeric>

namespace fokker {
namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

struct Moments {
  double mean, error;  // standard error of the mean
};

Moments moments(std::span<const double> values) {
  const auto n = static_cast<double>(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return {mean, values.size() < 2 ? unknown : std::sqrt(squares / (n - 1) / n)};
}

std::vector<double> differences(std::span<const double> a, std::span<const double> b) {
  std::vector<double> result(a.size());
  std::transform(a.begin(), a.end(), b.begin(), result.begin(), std::minus<>());
  return result;
}

/// Adjusted p-values of all pairs i < j of `present`, as a symmetric matrix.
std::vector<std::vector<double>> pairwise(const std::vector<std::vector<double>>& errors,
                                          const std::vector<std::size_t>& present) {
  std::vector<double> raw;
  for (std::size_t i = 0; i < present.size(); ++i)
    for (std::size_t j = 0; j < i; ++j) raw.push_back(paired_p_value(errors[present[i]], errors[present[j]]));
  const std::vector<double> adjusted = holm(raw);
  std::vector<std::vector<double>> matrix(present.size(), std::vector<double>(present.size(), 1));
  std::size_t next = 0;
  for (std::size_t i = 0; i < present.size(); ++i)
    for (std::size_t j = 0; j < i; ++j) matrix[i][j] = matrix[j][i] = adjusted[next++];
  return matrix;
}

}  // namespace

Interval mean_interval(std::span<const double> values, double confidence) {
  const auto [mean, error] = moments(values);
  if (values.size() < 2) return {mean, unknown, unknown};
  const boost::math::students_t law(static_cast<double>(values.size() - 1));
  const double half = boost::math::quantile(law, 0.5 + confidence / 2) * error;
  return {mean, mean - half, mean + half};
}

double paired_p_value(std::span<const double> a, std::span<const double> b) {
  if (a.size() < 2) return unknown;
  const auto [mean, error] = moments(differences(a, b));
  if (error == 0) return mean == 0 ? 1 : 0;
  const boost::math::students_t law(static_cast<double>(a.size() - 1));
  return 2 * boost::math::cdf(law, -std::abs(mean / error));
}

std::vector<double> holm(std::span<const double> p_values) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < p_values.size(); ++i)
    if (!std::isnan(p_values[i])) order.push_back(i);
  std::ranges::sort(order, {}, [&](std::size_t i) { return p_values[i]; });
  std::vector<double> adjusted(p_values.begin(), p_values.end());
  double largest = 0;
  for (std::size_t rank = 0; rank < order.size(); ++rank) {
    largest = std::max(largest, static_cast<double>(p_values.size() - rank) * p_values[order[rank]]);
    adjusted[order[rank]] = std::min(1.0, largest);
  }
  return adjusted;
}

std::vector<Ranked> rank_solvers(const std::vector<std::vector<double>>& errors, double confidence) {
  std::vector<std::size_t> present;
  for (std::size_t i = 0; i < errors.size(); ++i)
    if (!errors[i].empty()) present.push_back(i);
  const auto mean = [&](std::size_t solver) { return moments(errors[solver]).mean; };
  std::ranges::stable_sort(present, {}, mean);
  if (present.empty()) return {};
  const auto p_values = pairwise(errors, present);
  const auto& best = errors[present[0]];
  std::vector<Ranked> ranking;
  for (std::size_t i = 0; i < present.size(); ++i) {
    const auto& own = errors[present[i]];
    ranking.push_back({.solver = present[i],
                       .error = mean_interval(own, confidence),
                       .excess = mean_interval(differences(own, best), confidence),
                       .p = p_values[i][0],
                       .tied = !(p_values[i][0] < 1 - confidence)});
  }
  return ranking;
}

}  // namespace fokker
