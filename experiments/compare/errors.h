#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "fokker/experiments/compare/config.h"
#include "fokker/experiments/statistics/intervals.h"

namespace fokker {

/// What metrics look at.  Samples and reference are flattened to [N, D] and [M, D], f64.
struct ErrorInput {
  Tensor samples, reference;
  const CompareTarget& target;
  const CompareConfig& config;
  std::uint64_t seed;
};

/// One measure of the difference between samples and reference.
struct CompareMetric {
  const char* name;
  const char* title;
  double (*compute)(const ErrorInput& input);
  /// Throws ConfigError where the metric has no meaning for the target.
  void (*check)(const CompareTarget& target);
  Range range = positive_range;
};

std::span<const CompareMetric> compare_metrics();
/// Describes a metric, or "path", in words.
std::string metric_title(const std::string& name);
Range metric_range(const std::string& name);

/// All figures of a config for samples [N, …] and reference [M, …] in the units of the data.
std::map<std::string, double> errors_of(const Tensor& samples, const Tensor& reference, const CompareTarget& target,
                                        const CompareConfig& config, std::uint64_t seed);

/// What the samples of a solver tend to, path by path, as steps are added.
struct PathLimit {
  SampleConfig fine;  // settings that come near the limit
  std::string text;   // the limit in words
};

/// Distances of samples to the limits of their paths: the strong error.  Samples and limits start from the same draws
/// of the prior and follow the same Brownian path.
class PathReference {
 public:
  PathReference(const CompareTarget& target, const CompareConfig& config) : target_(target), config_(config) {}
  /// Finds the limit of a solver by trial with many steps.  Candidates are the end of the probability flow, the end of
  /// the reverse SDE with η = 1 driven in the SNR, and a limit of the solver's own.  Returns nothing where the samples
  /// come near no limit, as for solvers whose noise is not that of a path.
  std::optional<PathLimit> limit(const SampleConfig& entry);
  /// The strong error E |x − limit|: the mean distance between config's samples on the limit's path and the limit, in
  /// the units of the data.  Throws NumericalError where samples are not finite.
  double error(const PathLimit& limit, SampleConfig config);

 private:
  /// The first `paths` samples [paths, …], in the units of the data.  Throws NumericalError where they are not finite.
  Tensor ends(SampleConfig config) const;
  const Tensor& known_ends(SampleConfig fine, std::uint64_t seed);
  /// Whether eight times as many steps leave a small distance and halve it, or leave nearly none.
  static bool tends(const Tensor& coarse, const Tensor& fine, const Tensor& limit);

  const CompareTarget& target_;
  const CompareConfig& config_;
  std::map<std::string, Tensor> ends_;
};

}  // namespace fokker
