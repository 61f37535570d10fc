#include "fokker/experiments/statistics/intervals.h"

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

/// The tests of one budget: its solvers in the order of their means, and the place of its first p-value in the family.
/// The p-values of solver i are those against solvers 0 … i − 1, then the one against exact samples.
struct Budget {
  std::vector<std::size_t> solvers;
  std::size_t first;

  std::size_t against(std::size_t i, std::size_t j) const { return first + i * (i + 1) / 2 + j; }
  std::size_t against_exact(std::size_t i) const { return against(i, i); }
};

std::vector<std::size_t> by_mean(const std::vector<std::vector<double>>& errors) {
  std::vector<std::size_t> present;
  for (std::size_t i = 0; i < errors.size(); ++i)
    if (!errors[i].empty()) present.push_back(i);
  std::ranges::stable_sort(present, {}, [&](std::size_t solver) { return moments(errors[solver]).mean; });
  return present;
}

double scale_of(double value, const Range& range) {
  return std::isfinite(range.high) ? std::log((value - range.low) / (range.high - value)) : std::log(value - range.low);
}

double from_scale(double value, const Range& range) {
  return std::isfinite(range.high) ? range.low + (range.high - range.low) / (1 + std::exp(-value))
                                   : range.low + std::exp(value);
}

}  // namespace

Interval mean_interval(std::span<const double> values, double confidence, const Range& range) {
  const auto [mean, error] = moments(values);
  if (values.size() < 2 || error == 0) return {mean, unknown, unknown};
  const boost::math::students_t law(static_cast<double>(values.size() - 1));
  const double half = boost::math::quantile(law, 0.5 + confidence / 2) * error;
  if (range.estimates)
    return {mean, std::clamp(mean - half, range.low, range.high), std::clamp(mean + half, range.low, range.high)};
  if (!std::isfinite(range.low)) return {mean, mean - half, mean + half};
  const double slope = 1 / (mean - range.low) + (std::isfinite(range.high) ? 1 / (range.high - mean) : 0);
  const double middle = scale_of(mean, range);
  return {mean, from_scale(middle - half * slope, range), from_scale(middle + half * slope, range)};
}

double paired_p_value(std::span<const double> a, std::span<const double> b, double margin) {
  if (a.size() < 2) return unknown;
  const auto [mean, error] = moments(differences(a, b));
  const double beyond = std::abs(mean) - margin;
  if (beyond <= 0) return 1;
  if (error == 0) return 0;
  const boost::math::students_t law(static_cast<double>(a.size() - 1));
  return 2 * boost::math::cdf(law, -beyond / error);
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

std::vector<std::vector<Ranked>> rank_solvers(const Errors& errors, std::span<const double> exact,
                                              const RankRule& rule) {
  const double margin = rule.margin * moments(exact).error * std::sqrt(static_cast<double>(exact.size()));
  std::vector<double> raw;
  std::vector<Budget> budgets;
  for (const auto& row : errors) {
    const Budget& budget = budgets.emplace_back(Budget{by_mean(row), raw.size()});
    for (std::size_t i = 0; i < budget.solvers.size(); ++i) {
      const auto& own = row[budget.solvers[i]];
      for (std::size_t j = 0; j < i; ++j) raw.push_back(paired_p_value(own, row[budget.solvers[j]], margin));
      raw.push_back(paired_p_value(own, exact, margin));
    }
  }
  const std::vector<double> adjusted = holm(raw);
  const auto untold = [&](double p) { return !(p < 1 - rule.confidence); };
  std::vector<std::vector<Ranked>> rankings(errors.size());
  for (std::size_t b = 0; b < errors.size(); ++b)
    for (std::size_t i = 0; i < budgets[b].solvers.size(); ++i) {
      const auto &own = errors[b][budgets[b].solvers[i]], &best = errors[b][budgets[b].solvers[0]];
      const double p = i == 0 ? 1 : adjusted[budgets[b].against(i, 0)];
      const double p_exact = adjusted[budgets[b].against_exact(i)];
      rankings[b].push_back({.solver = budgets[b].solvers[i],
                             .error = mean_interval(own, rule.confidence, rule.range),
                             .excess = mean_interval(differences(own, best), rule.confidence),
                             .p = p,
                             .tied = untold(p),
                             .p_exact = p_exact,
                             .exact = untold(p_exact)});
    }
  return rankings;
}

}  // namespace fokker
