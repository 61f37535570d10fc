// The statistics of comparisons: intervals, paired tests, and what the ranking claims by them.

#include <algorithm>
#include <cmath>

#include "fokker/core/ops/rng.h"
#include "fokker/experiments/statistics/intervals.h"
#include "tests/support/catch.h"

using namespace fokker;

namespace {

/// Whether a comparison claims that something differs.
bool claims(const std::vector<std::vector<Ranked>>& rankings) {
  for (const auto& ranking : rankings) {
    if (!ranking[0].exact) return true;
    if (!std::ranges::all_of(ranking, &Ranked::tied)) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("compare: Student's interval and the paired test agree with SciPy") {
  const std::vector<double> values = {1, 2, 3, 4}, zero(4);
  const Interval interval = mean_interval(values, 0.95);
  CHECK(interval.mean == Approx(2.5));
  CHECK(interval.high - interval.mean == Approx(2.0542602567605233));  // stats.t.interval
  CHECK(paired_p_value(values, zero) == Approx(0.03046629166217535));  // stats.ttest_rel
  CHECK(paired_p_value(values, values) == 1);
  CHECK(std::isnan(paired_p_value(std::vector{1.0}, std::vector{2.0})));
  CHECK(std::isnan(mean_interval(std::vector{1.0}, 0.95).low));
}

TEST_CASE("compare: Holm's adjustment of known values") {
  const auto adjusted = holm(std::vector{0.01, 0.04, 0.03, 0.005});
  const std::vector<double> wanted = {0.03, 0.06, 0.06, 0.02};
  for (std::size_t i = 0; i < wanted.size(); ++i) CHECK(adjusted[i] == Approx(wanted[i]));
}

TEST_CASE("compare: the level of a whole verdict holds, and would not with each budget adjusted by itself") {
  constexpr int repetitions = 1500, budgets = 4, solvers = 4, seeds = 5;
  int told_apart = 0, by_budget = 0;
  for (int r = 0; r < repetitions; ++r) {
    const Rng rng(7, Stream::general, r);
    const auto row = [&](int budget, int solver) {
      const Tensor noise =
          rng.fork(static_cast<std::uint64_t>(budget * (solvers + 1) + solver)).normal({seeds}, Dtype::f64);
      return noise.to_vector();
    };
    Errors errors(budgets);
    for (int b = 0; b < budgets; ++b)
      for (int s = 0; s < solvers; ++s) errors[b].push_back(row(b, s));
    const auto exact = row(0, solvers);
    told_apart += claims(rank_solvers(errors, exact, {}));
    bool any = false;
    for (const auto& budget : errors) any |= claims(rank_solvers({budget}, exact, {}));
    by_budget += any;
  }
  CHECK(told_apart <= repetitions * 0.05 + 3 * std::sqrt(repetitions * 0.05 * 0.95));
  CHECK(by_budget > repetitions * 0.08);
}

TEST_CASE("compare: a difference within the margin is none, however sure it is") {
  const std::vector<double> exact = {1, 2, 3, 4}, apart = {1.1, 2.1, 3.1, 4.1};  // deviation 1.29
  CHECK(paired_p_value(apart, exact) < 1e-9);
  CHECK(paired_p_value(apart, exact, 0.11) == 1);
  CHECK(rank_solvers({{exact, apart}}, exact, {.margin = 0.1})[0][1].tied);
  CHECK_FALSE(rank_solvers({{exact, apart}}, exact, {.margin = 0.05})[0][1].tied);
  const std::vector<double> a = {1, 2, 3, 4}, zero(4);
  CHECK(paired_p_value(a, zero, 0.5) == Approx(paired_p_value(std::vector{0.5, 1.5, 2.5, 3.5}, zero)));
}

TEST_CASE("compare: intervals stay within the range of what they are of") {
  const std::vector<double> few = {0.4, 0.24, 0.17}, equal = {0, 0, 0};
  CHECK(mean_interval(few, 0.95).low < 0);
  const Interval positive = mean_interval(few, 0.95, positive_range);
  CHECK(positive.mean == Approx(0.27));
  const double ratio = std::exp(4.302652730 * 0.068068593 / 0.27);  // t(0.975, 2), and the standard error
  CHECK(positive.low == Approx(0.27 / ratio).epsilon(1e-6));
  CHECK(positive.high == Approx(0.27 * ratio).epsilon(1e-6));
  const Interval share = mean_interval(std::vector{0.99, 0.8, 1.0}, 0.95, share_range);
  CHECK(share.low > 0);
  CHECK(share.high < 1);
  CHECK(share.low < 0.93);
  CHECK(share.high > 0.93);
  const Interval estimate = mean_interval(std::vector{-0.01, 0.02, 0.01}, 0.95, {.low = 0, .estimates = true});
  CHECK(estimate.low == 0);
  CHECK(estimate.high > 0.02);
  CHECK(std::isnan(mean_interval(equal, 0.95, positive_range).low));
}

TEST_CASE("compare: a real difference is found, and the ranking is by mean") {
  const std::vector<double> exact = {1, 1.2, 1.1, 0.9};
  const auto ranking =
      rank_solvers({{{3, 3.1, 2.9, 3.2}, {}, {1, 1.1, 0.9, 1.2}, {1.05, 1.0, 1.0, 1.2}}}, exact, {})[0];
  REQUIRE(ranking.size() == 3);
  CHECK(ranking[0].solver == 2);
  CHECK(ranking[1].tied);
  CHECK(ranking[2].solver == 0);
  CHECK_FALSE(ranking[2].tied);
  CHECK(ranking[2].excess.mean == Approx(2));
  CHECK(ranking[0].exact);
  CHECK_FALSE(ranking[2].exact);
}
