#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fokker/experiments/compare/config.h"
#include "fokker/experiments/statistics/intervals.h"

namespace fokker {

/// Throws ConfigError naming file, line and key.
CompareConfig read_comparison(const std::filesystem::path& path, const std::vector<std::string>& overrides = {});
/// Applies the rules between keys, names every solver, and sorts the budgets.  Throws ConfigError for settings that do
/// not fit together.
CompareConfig resolved(CompareConfig config);

/// The results of one solver at one budget.
struct CompareCell {
  std::int64_t steps = 0;                      // 0: not run, `note` says why
  double tolerance = 0;                        // tolerance of a solver that chooses its own steps
  std::string note = {};                       // "needs ≥ 5", "failed: …"
  std::vector<double> nfe = {}, seconds = {};  // one entry for each seed
  std::vector<std::int64_t> failures = {};     // samples that are not finite, by seed
  std::map<std::string, std::vector<double>> errors =
      {};             // for each metric one entry for each seed; empty where it failed
  Tensor shown = {};  // some samples of the first seed, in the units of the data
};

/// A comparison with all that was measured.
struct Comparison {
  CompareConfig config;
  std::string target;
  ValueRange range;
  std::vector<std::string> metrics;                  // metrics of the config, and "path" where a solver has one
  std::vector<std::string> limits;                   // what the paths of each solver tend to; empty: no limit
  std::vector<std::vector<CompareCell>> cells;       // [solver][budget]
  std::map<std::string, std::vector<double>> floor;  // errors of exact samples, by metric and seed
  Tensor shown;                                      // some exact samples
  std::vector<std::vector<Ranked>> rankings;         // rankings by budget, in the first metric
  /// The verdict in words: for all budgets together, then for each.
  std::vector<std::string> verdict;

  /// The least time over the seeds, which other work on the machine disturbs least.
  double least_seconds(std::size_t solver, std::size_t budget) const;
  /// The confidence interval of the mean of a metric's values by seed.
  Interval interval(const std::string& metric, std::span<const double> values) const;
  Interval floor_interval(const std::string& metric) const;
  /// The names of the solvers by the limit of their paths.
  std::map<std::string, std::vector<std::string>> solvers_by_limit() const;
};

/// How a comparison reports its progress.
struct CompareOptions {
  /// Receives the work done and the whole work; false cancels the comparison (Cancelled).
  std::function<bool(std::string_view task, std::int64_t done, std::int64_t total)> progress = {};
  /// Is called when every solver's settings have been tried at its budgets, before the work begins.
  std::function<void()> planned = {};
};

/// Runs all solvers at the largest number of steps whose counted NFE fits each budget.  Solvers with a tolerance get
/// the smallest one that fits.  A seed gives all solvers the same draws of the prior.  Steppers on one grid and clock
/// see the same Brownian increments.  Strong errors are measured on one path for all steps, and with config.same_path
/// so is everything.  All results but times depend on config and target alone.
Comparison compare(const CompareTarget& target, const CompareConfig& config, const CompareOptions& options = {});

/// Says in words what `rankings` and `cells` show, and no more than that.
std::vector<std::string> verdict_text(const Comparison& comparison);

}  // namespace fokker
