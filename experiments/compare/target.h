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
      field("kind", &TargetConfig::kind, "an exact Gaussian mixture, or the network of a run",
            one_of("mixture", "run")),
      field("mixture", &TargetConfig::mixture, "which mixture; own: the one of means, deviations and weights",
            one_of("eight_gaussians", "gaussian_grid", "own")),
      field("means", &TargetConfig::means, "one list for each component of an own mixture"),
      field("deviations", &TargetConfig::deviations, "one for all components, or one each", at_least(0)),
      field("weights", &TargetConfig::weights, "of the components; empty: equal", above(0)),
      field("run", &TargetConfig::run, "folder of a trained run, as runs/demo")};
};

/// A score, and samples of the law that its samplers should have.
struct CompareTarget {
  std::string description;
  Score score;
  std::shared_ptr<const ForwardSde> sde;
  Shape shape;          // of one sample
  Scaling scaling;      // from the units of the data to those of the score
  ValueRange range;     // of the data
  bool serial = false;  // the score takes the whole batch on the calling thread
  /// Samples [m, …] in the units of the data that those of a seed are compared with.
  std::function<Tensor(std::uint64_t seed, std::int64_t n)> reference;
  /// Samples of the law itself, at most n, independent of `reference`: the sampling floor.
  std::function<Tensor(std::uint64_t seed, std::int64_t n)> exact;
  /// A mixture's weights and the posterior weights [n, components] of samples; empty for other laws.
  std::vector<double> weights = {};
  std::function<Tensor(const Tensor& samples)> responsibilities = {};
};

/// Samples of a reference of one's own, split at random into halves for each seed.  Throws ShapeError for fewer than
/// four rows.
void use_reference(CompareTarget& target, const Tensor& samples);
/// Samples of a mixture, fresh for each seed.
void use_reference(CompareTarget& target, const GaussianMixture& mixture);

/// Throws ConfigError for a mixture without means, or a run that is not there or not trained.
CompareTarget make_target(const TargetConfig& config, const SdeConfig& sde);

}  // namespace fokker
