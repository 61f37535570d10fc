#pragma once

#include <span>
#include <vector>

namespace fokker {

/// A mean with its confidence interval; the bounds are NaN where one value alone is known.
struct Interval {
  double mean, low, high;
};

/// Student's interval of the mean of independent values.
Interval mean_interval(std::span<const double> values, double confidence);

/// Two-sided p-value of the paired t-test that a − b has mean zero: NaN for fewer than two pairs, 1 for equal values.
double paired_p_value(std::span<const double> a, std::span<const double> b);

/// Holm's step-down adjustment [holm1979]: rejecting where the result is below a level makes the chance of any false
/// rejection among the family at most that level, however the tests depend on each other.  NaN stays and counts.
std::vector<double> holm(std::span<const double> p_values);

/// One solver at one budget.
struct Ranked {
  std::size_t solver;  // index into the errors
  Interval error;      // over the seeds
  Interval excess;     // paired difference to the best
  double p;            // of that difference, adjusted over all pairs of the budget; NaN without seeds to tell
  bool tied;           // not told from the best
};

/// Solvers ordered by mean error, errors[solver][seed]; an empty list leaves its solver out.  All pairs are tested and
/// adjusted as one family, so that choosing the best from the same data costs no level.
std::vector<Ranked> rank_solvers(const std::vector<std::vector<double>>& errors, double confidence);

}  // namespace fokker
