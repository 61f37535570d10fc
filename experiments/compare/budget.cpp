#include "fokker/experiments/compare/budget.h"
#include "fokker/solvers/steppers/solver.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace fokker {
namespace {

constexpr std::int64_t dry_samples = 2, dry_samples_adaptive = 128;
constexpr std::int64_t most_starting_steps =
    1024;                                       // some solvers refuse few steps, which take them out of [t_min, t_max]
constexpr double loosest = 1, tightest = 1e-7;  // tolerances
constexpr double margin = 0.98;  // share of a budget that is used, since the count is a mean over few samples

/// Whether the evaluations of a step depend on the sample, as where an equation is solved.
bool evaluations_vary(const std::string& solver) {
  const auto names = stepper_names();
  return std::ranges::count(names, solver) > 0 && make_solver(solver)->claims().evaluations == 0;
}

}  // namespace

Samples draw(const CompareTarget& target, const SampleConfig& config,
             const std::function<bool(std::int64_t, std::int64_t)>& progress) {
  SampleOptions options{.shape = target.shape, .allow_failures = true, .progress = progress};
  return sample(target.score, *target.sde, config, options);
}

BudgetPlanner::BudgetPlanner(const CompareTarget& target, SampleConfig config)
    : target_(target), config_(std::move(config)), varies_(evaluations_vary(config_.solver)) {
  std::int64_t refused = 0;
  for (; !count_steps(least_); least_ *= 2) {
    if (least_ > most_starting_steps) {
      draw(target_, config_);  // throws the error of wrong settings
      throw ConfigError(fmt::format("[compare] {} takes no number of steps up to {}", config_.title(), least_));
    }
    refused = least_;
  }
  while (least_ - refused > 1) {
    const std::int64_t middle = refused + (least_ - refused) / 2;
    (count_steps(middle) ? least_ : refused) = middle;
  }
  for (second_ = least_ + 1; !count_steps(second_) && second_ < 2 * least_;) ++second_;
  adaptive_ = count_steps(least_) == count_steps(second_) && count_tolerance(1e-1) < count_tolerance(1e-4);
}

std::optional<double> BudgetPlanner::count_steps(std::int64_t steps) {
  const auto [place, fresh] = by_steps_.try_emplace(steps);
  if (!fresh) return place->second;
  SampleConfig dry = config_;
  dry.steps = steps;
  dry.n = varies_ ? dry_samples_adaptive : dry_samples;
  dry.tolerance = std::max(dry.tolerance, 1e-3);
  try {
    place->second = draw(target_, dry).nfe;
  } catch (const ConfigError&) {  // the solver refuses this number of steps
  } catch (const NumericalError&) {
    place->second = std::numeric_limits<double>::infinity();
  }
  return place->second;
}

double BudgetPlanner::count_tolerance(double tolerance) {
  const auto [place, fresh] = by_tolerance_.try_emplace(tolerance);
  if (!fresh) return place->second;
  SampleConfig dry = config_;
  dry.tolerance = tolerance;
  dry.n = dry_samples_adaptive;
  try {
    place->second = draw(target_, dry).nfe;
  } catch (const NumericalError&) {
    place->second = std::numeric_limits<double>::infinity();
  }
  return place->second;
}

bool BudgetPlanner::fits(std::int64_t steps, std::int64_t budget) {
  const auto nfe = count_steps(steps);
  return nfe && *nfe <= (varies_ ? margin : 1) * static_cast<double>(budget);
}

/// Most solvers have an NFE that is affine in the steps.  The guess is checked on both sides, and bisection serves the
/// others.
std::int64_t BudgetPlanner::largest(std::int64_t budget) {
  const double first = *count_steps(least_),
               slope = (count_steps(second_).value_or(first + 1) - first) / static_cast<double>(second_ - least_);
  if (slope > 0 && std::isfinite(slope)) {
    const auto guess = least_ + static_cast<std::int64_t>(std::floor((static_cast<double>(budget) - first) / slope));
    if (fits(guess, budget) && !fits(guess + 1, budget)) return guess;
  }
  std::int64_t low = least_, high = std::max(budget, least_) + 1;  // a step takes at least one evaluation
  while (high - low > 1) {
    const std::int64_t middle = low + (high - low) / 2;
    (fits(middle, budget) ? low : high) = middle;
  }
  return low;
}

BudgetPlan BudgetPlanner::plan_tolerance(std::int64_t budget) {
  const double limit = margin * static_cast<double>(budget);
  SampleConfig config = config_;
  double low = std::log10(tightest), high = std::log10(loosest);
  const double least = count_tolerance(loosest);
  if (least > limit) return {config, least, false, true};
  if (count_tolerance(tightest) <= limit) high = low;
  while (high - low > 0.02) {
    const double middle = (low + high) / 2;
    (count_tolerance(std::pow(10, middle)) <= limit ? high : low) = middle;
  }
  config.tolerance = std::pow(10, high);
  return {config, count_tolerance(config.tolerance), true, true};
}

BudgetPlan BudgetPlanner::plan(std::int64_t budget) {
  if (adaptive_) return plan_tolerance(budget);
  if (!fits(least_, budget)) return {config_, *count_steps(least_), false, false};
  SampleConfig config = config_;
  config.steps = largest(budget);
  return {config, *count_steps(config.steps), true, false};
}

}  // namespace fokker
