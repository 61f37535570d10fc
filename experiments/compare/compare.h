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
/// Rules between keys; names every solver, sorts the budgets.  Throws ConfigError.
CompareConfig resolved(CompareConfig config);

/// One solver at one budget.
struct CompareCell {
  std::int64_t steps = 0;                                  // 0: not run, `note` says why
  double tolerance = 0;                                    // of a solver that chooses its own steps
  std::string note = {};                                   // "needs ≥ 5", "failed: …"
  std::vector<double> nfe = {}, seconds = {};              // by seed
  std::vector<std::int64_t> failures = {};                 // samples that are not finite, by seed
  std::map<std::string, std::vector<double>> errors = {};  // by metric and seed; empty where it failed
  Tensor shown = {};                                       // some samples of the first seed, in the units of the data
};

struct Comparison {
  CompareConfig config;
  std::string target;
  ValueRange range;
  std::vector<std::string> metrics;                  // those of the config, and "path" where a solver has one
  std::vector<std::string> limits;                   // what the paths of each solver tend to; empty: to nothing
  std::vector<std::vector<CompareCell>> cells;       // [solver][budget]
  std::map<std::string, std::vector<double>> floor;  // exact samples in the place of a solver's, by metric and seed
  Tensor shown;                                      // exact samples
  std::vector<std::vector<Ranked>> rankings;         // by budget, in the first metric
  /// In words: for all budgets together, then for each.
  std::vector<std::string> verdict;

  /// Over the seeds, the figure that other work on the machine disturbs least.
  double least_seconds(std::size_t solver, std::size_t budget) const;
  /// Of the mean of a metric's values by seed.
  Interval interval(const std::string& metric, std::span<const double> values) const;
  Interval floor_interval(const std::string& metric) const;
  /// Names of the solvers by the limit of their paths.
  std::map<std::string, std::vector<std::string>> solvers_by_limit() const;
};

struct CompareOptions {
  /// Work done and in all; false cancels (Cancelled).
  std::function<bool(std::string_view task, std::int64_t done, std::int64_t total)> progress = {};
};

/// Runs all solvers at the largest number of steps whose counted NFE fits each budget (those with a tolerance at the
/// smallest that fits).  A seed gives all solvers the same draws of the prior, and steppers on one grid and clock the
/// same Brownian increments; strong errors are measured on one path for all steps, as is everything where the config says
/// so.  Everything but times depends on config and target alone.
Comparison compare(const CompareTarget& target, const CompareConfig& config, const CompareOptions& options = {});

/// What `rankings` and `cells` say in words, and no more than that.
std::vector<std::string> verdict_text(const Comparison& comparison);

}  // namespace fokker
