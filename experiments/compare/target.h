#pragma once

#include <functional>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "fokker/core/config/config.h"
#include "fokker/experiments/data/dataset.h"
#include "fokker/experiments/data/scaling.h"
#include "fokker/sde/mixture.h"
#include "fokker/sde/registry.h"
#include "fokker/solvers/sampling/sampler.h"

namespace fokker {

/// The table [target]: the score whose samplers are compared.
struct TargetConfig {
  std::string kind = "mixture";
  std::string mixture = "eight_gaussians";
  std::vector<std::vector<double>> means = {};
  std::vector<double> deviations = {}, weights = {};
  std::string run = {};

  static constexpr auto fields = std::tuple{
      field("kind", &TargetConfig::kind, "score of an exact Gaussian mixture, or the network of a run",
            one_of("mixture", "run")),
      field("mixture", &TargetConfig::mixture, "name of the mixture; own: the mixture of means, deviations and weights",
            one_of("eight_gaussians", "gaussian_grid", "own")),
      field("means", &TargetConfig::means, "mean of each component of an own mixture, one list for each"),
      field("deviations", &TargetConfig::deviations, "standard deviation of all components, or one for each",
            at_least(0)),
      field("weights", &TargetConfig::weights, "weights of the components; empty: equal weights", above(0)),
      field("run", &TargetConfig::run, "folder of a trained run, such as runs/demo")};
};

/// A score, and samples of the law that its samplers should have.
struct CompareTarget {
  std::string description;
  Score score;
  std::shared_ptr<const ForwardSde> sde;
  Shape shape;       // shape of one sample
  Scaling scaling;   // from the units of the data to those of the score
  ValueRange range;  // range of the data
  /// Samples [m, …] in the units of the data, with which those of a seed are compared.
  std::function<Tensor(std::uint64_t seed, std::int64_t n)> reference;
  /// Samples of the law itself, at most n, independent of `reference`.  Their errors are the sampling floor.
  std::function<Tensor(std::uint64_t seed, std::int64_t n)> exact;
  /// The weights of a mixture, and the posterior weights [n, components] of samples; both are empty for other laws.
  std::vector<double> weights = {};
  std::function<Tensor(const Tensor& samples)> responsibilities = {};
};

/// Sets the caller's own samples as reference, split at random into halves for each seed.  Throws ShapeError for fewer
/// than four rows.
void use_reference(CompareTarget& target, const Tensor& samples);
/// Sets samples of a mixture as reference, fresh for each seed.
void use_reference(CompareTarget& target, const GaussianMixture& mixture);

/// Makes the target of a table.  Throws ConfigError for a mixture without means, or for a run that does not exist or is
/// not trained.
CompareTarget make_target(const TargetConfig& config, const SdeConfig& sde);

}  // namespace fokker
