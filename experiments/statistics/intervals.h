#pragma once

#include <limits>
#include <span>
#include <vector>

namespace fokker {

/// A mean with its confidence interval.  The bounds are NaN where the values do not determine them.
struct Interval {
  double mean, low, high;
};

/// The interval in which a quantity lies.
struct Range {
  double low = -std::numeric_limits<double>::infinity(), high = std::numeric_limits<double>::infinity();
  bool estimates = false;  // whether values may leave it, as unbiased estimates of a distance do
};
inline constexpr Range positive_range{0}, share_range{0, 1}, correlation_range{-1, 1};

/// The confidence interval of the mean of independent values, within the range of the quantity.  A quantity without
/// ends has Student's interval.  A quantity with ends has Student's interval on a scale without ends, log(m − low) or
/// the logit, by the delta method.  An estimate has Student's interval, cut at the ends.  One value, or equal values,
/// have no interval.
Interval mean_interval(std::span<const double> values, double confidence, const Range& range = {});

/// Two-sided p-value of the hypothesis that the mean of a − b lies within ±margin.  The paired t-test of what exceeds
/// the margin gives 2 P(T > (|mean| − margin)/error).  The p-value is NaN for fewer than two pairs and 1 for a mean
/// within the margin.
double paired_p_value(std::span<const double> a, std::span<const double> b, double margin = 0);

/// Adjusts p-values by Holm's step-down method [holm1979].  Rejecting where a result is below a level makes the chance
/// of any false rejection among the family at most that level, however the tests depend on each other.  NaN stays NaN
/// and counts as a member of the family.
std::vector<double> holm(std::span<const double> p_values);

/// The place of one solver at one budget.
struct Ranked {
  std::size_t solver;  // index into the errors
  Interval error;      // mean over the seeds
  Interval excess;     // paired difference to the best
  double p;            // p-value of that difference, adjusted; NaN where there are too few seeds
  bool tied;           // whether it cannot be told from the best
  double p_exact;      // p-value of the difference to exact samples, adjusted
  bool exact;          // whether it cannot be told from exact samples
};

/// How solvers are ranked.
struct RankRule {
  double confidence = 0.95;
  double margin = 0;  // differences that do not matter, in standard deviations of the errors of exact samples
  Range range = {};   // range of the errors
};

/// Errors by [budget][solver][seed].  An empty list leaves its solver out.
using Errors = std::vector<std::vector<std::vector<double>>>;

/// Orders the solvers of each budget by mean error.  All pairs of a budget, and all solvers against exact samples, are
/// tested.  The tests of all budgets are adjusted as one family, so the chance that any statement of the whole is false
/// is at most 1 − confidence.  Choosing the best solver from the same data costs no level.
std::vector<std::vector<Ranked>> rank_solvers(const Errors& errors, std::span<const double> exact,
                                              const RankRule& rule);

}  // namespace fokker
