#pragma once

#include <map>
#include <optional>

#include "fokker/experiments/compare/target.h"

namespace fokker {

/// How a solver meets a budget.
struct BudgetPlan {
  SampleConfig config;  // with steps or tolerance chosen
  double nfe;           // counted in a dry run; for a plan that does not fit, the least possible
  bool fits;
  bool adaptive;  // whether it is set by tolerance
};

/// Finds settings for budgets of score evaluations by counting them in dry runs of few samples.
class BudgetPlanner {
 public:
  /// Throws ConfigError for settings that never work.
  BudgetPlanner(const CompareTarget& target, SampleConfig config);
  BudgetPlan plan(std::int64_t budget);

 private:
  std::optional<double> count_steps(std::int64_t steps);
  double count_tolerance(double tolerance);
  bool fits(std::int64_t steps, std::int64_t budget);
  std::int64_t largest(std::int64_t budget);
  BudgetPlan plan_tolerance(std::int64_t budget);

  const CompareTarget& target_;
  SampleConfig config_;
  std::int64_t least_ = 1, second_ = 2;  // the two smallest numbers of steps that the solver takes
  bool varies_;                          // whether the evaluations of a step depend on the sample
  bool adaptive_ = false;
  std::map<std::int64_t, std::optional<double>> by_steps_;
  std::map<double, double> by_tolerance_;
};

/// Draws samples in the units of the score.  Samples that are not finite are counted and cause no error.
Samples draw(const CompareTarget& target, const SampleConfig& config,
             const std::function<bool(std::int64_t, std::int64_t)>& progress = {});

}  // namespace fokker
