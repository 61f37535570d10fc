#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "fokker/experiments/compare_statistics.h"
#include "fokker/experiments/compare_target.h"

namespace fokker {

std::vector<std::string> compare_metric_names();

/// A comparison of samplers: solvers × budgets of score evaluations × seeds on one score.
struct CompareConfig {
  std::string name = "compare";
  std::uint64_t seed = 0;
  std::int64_t seeds = 5;
  std::int64_t n = 2000;
  std::int64_t reference = 0;
  std::vector<std::int64_t> nfe = {10, 20, 50, 100};
  std::vector<std::string> metrics = {"sliced_w2", "energy", "mmd"};
  int projections = 256;
  std::int64_t limit = 2000;
  std::int64_t paths = 128;
  bool same_path = false;
  double confidence = 0.95;
  double margin = 0.1;
  TargetConfig target = {};
  SdeConfig sde = {};
  std::vector<SampleConfig> solver = {};

  static constexpr auto fields = std::tuple{
      field("name", &CompareConfig::name, "name of the run's folder", nonempty()),
      field("seed", &CompareConfig::seed, "the first seed"),
      field("seeds", &CompareConfig::seeds, "independent repetitions; intervals need two", at_least(1)),
      field("n", &CompareConfig::n, "samples a seed", at_least(2)),
      field("reference", &CompareConfig::reference, "samples of a mixture to compare with; 0: n", at_least(0)),
      field("nfe", &CompareConfig::nfe, "budgets: score evaluations a sample", at_least(1), nonempty()),
      field("metrics", &CompareConfig::metrics, "errors; the first one ranks", one_of(&compare_metric_names),
            nonempty()),
      field("projections", &CompareConfig::projections, "directions of sliced_w1 and sliced_w2", at_least(1)),
      field("limit", &CompareConfig::limit, "samples of either side that energy and mmd, which see all pairs, look at",
            at_least(2)),
      field(
          "paths", &CompareConfig::paths,
          "samples a seed whose distance to the end of their path, \"path\", is measured, always on one Brownian path; "
          "0: none",
          at_least(0)),
      field("same_path", &CompareConfig::same_path,
            "all samples of a seed on one Brownian path for any number of steps; about 0.2 µs a number and step"),
      field("confidence", &CompareConfig::confidence, "of intervals, and of all that the verdict says together",
            above(0), below(1)),
      field("margin", &CompareConfig::margin,
            "differences of errors that do not matter, in standard deviations of the errors of exact samples",
            at_least(0)),
      field("target", &CompareConfig::target, "the score"),
      field("sde", &CompareConfig::sde, "diffusion of a mixture; a run brings its own"),
      field("solver", &CompareConfig::solver, "the samplers: keys of [[sample]] but steps, n and seed", nonempty())};
};

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
  /// Called when every solver's settings have been tried at its budgets, before the work.
  std::function<void()> planned = {};
};

/// Runs all solvers at the largest number of steps whose counted NFE fits each budget (those with a tolerance at the
/// smallest that fits).  A seed gives all solvers the same draws of the prior, and steppers on one grid and clock the
/// same Brownian increments; strong errors are measured on one path for all steps, as is everything where the config says
/// so.  Everything but times depends on config and target alone.
Comparison compare(const CompareTarget& target, const CompareConfig& config, const CompareOptions& options = {});

/// What `rankings` and `cells` say in words, and no more than that.
std::vector<std::string> verdict_text(const Comparison& comparison);

}  // namespace fokker
