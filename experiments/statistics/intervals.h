#pragma once

#include <limits>
#include <span>
#include <vector>

namespace fokker {

/// A mean with its confidence interval; the bounds are NaN where the values do not say how far it may be off.
struct Interval {
  double mean, low, high;
};

/// What a quantity can be.
struct Range {
  double low = -std::numeric_limits<double>::infinity(), high = std::numeric_limits<double>::infinity();
  bool estimates = false;  // the values themselves may leave it, as those of an unbiased estimate of a distance do
};
inline constexpr Range positive_range{0}, share_range{0, 1}, correlation_range{-1, 1};

/// Interval of the mean of independent values, within the range of the quantity.  Without ends it is Student's; with ends it
/// is Student's on the scale that has none, log(m − low) or the logit, by the delta method; for estimates it is Student's,
/// cut at the ends.  One value, or equal ones, have no interval.
Interval mean_interval(std::span<const double> values, double confidence, const Range& range = {});

/// Two-sided p-value that the mean of a − b lies within ±margin, by the paired t-test of what is beyond it:
/// 2 P(T > (|mean| − margin)/error).  NaN for fewer than two pairs, 1 for a mean within the margin.
double paired_p_value(std::span<const double> a, std::span<const double> b, double margin = 0);

/// Holm's step-down adjustment [holm1979]: rejecting where the result is below a level makes the chance of any false
/// rejection among the family at most that level, however the tests depend on each other.  NaN stays and counts.
std::vector<double> holm(std::span<const double> p_values);

/// One solver at one budget.
struct Ranked {
  std::size_t solver;  // index into the errors
  Interval error;      // over the seeds
  Interval excess;     // paired difference to the best
  double p;            // of that difference, adjusted; NaN without seeds to tell
  bool tied;           // not told from the best
  double p_exact;      // of the difference to exact samples, adjusted
  bool exact;          // not told from exact samples
};

struct RankRule {
  double confidence = 0.95;
  double margin = 0;  // differences that do not matter, in standard deviations of the errors of exact samples
  Range range = {};   // of the errors
};

/// errors[budget][solver][seed]; an empty list leaves its solver out.
using Errors = std::vector<std::vector<std::vector<double>>>;

/// By budget, the solvers ordered by mean error.  All pairs of a budget, and all solvers against exact samples, are tested
/// and adjusted as one family over all budgets: the chance that any statement of the whole is false is at most
/// 1 − confidence, and choosing the best from the same data costs no level.
std::vector<std::vector<Ranked>> rank_solvers(const Errors& errors, std::span<const double> exact,
                                              const RankRule& rule);

}  // namespace fokker
