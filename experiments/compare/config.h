#pragma once

#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

#include "fokker/experiments/compare/target.h"

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
      field("seed", &CompareConfig::seed, "first seed"),
      field("seeds", &CompareConfig::seeds, "number of independent repetitions; intervals need two", at_least(1)),
      field("n", &CompareConfig::n, "number of samples for each seed", at_least(2)),
      field("reference", &CompareConfig::reference, "number of samples of a mixture to compare with; 0: n",
            at_least(0)),
      field("nfe", &CompareConfig::nfe, "budgets of score evaluations for each sample", at_least(1), nonempty()),
      field("metrics", &CompareConfig::metrics, "errors to measure; the first one ranks the solvers",
            one_of(&compare_metric_names), nonempty()),
      field("projections", &CompareConfig::projections, "number of directions of sliced_w1 and sliced_w2", at_least(1)),
      field("limit", &CompareConfig::limit,
            "number of samples of either side that energy and mmd look at; they compare all pairs", at_least(2)),
      field("paths", &CompareConfig::paths,
            "number of samples for each seed whose distance to the end of their path, \"path\", is measured on one "
            "Brownian path; 0: none",
            at_least(0)),
      field("same_path", &CompareConfig::same_path,
            "draws all samples of a seed on one Brownian path for any number of steps; costs about 0.2 µs for each "
            "number and step"),
      field("confidence", &CompareConfig::confidence,
            "confidence of intervals, and of all statements of the verdict together", above(0), below(1)),
      field("margin", &CompareConfig::margin,
            "size of differences of errors that do not matter, in standard deviations of the errors of exact samples",
            at_least(0)),
      field("target", &CompareConfig::target, "score that the samplers draw from"),
      field("sde", &CompareConfig::sde, "diffusion of a mixture; a run has its own"),
      field("solver", &CompareConfig::solver,
            "samplers to compare, with keys of [[sample]] other than steps, n and seed", nonempty())};
};

}  // namespace fokker
