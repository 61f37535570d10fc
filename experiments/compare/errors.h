#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "fokker/experiments/compare/config.h"
#include "fokker/experiments/statistics/intervals.h"

namespace fokker {

/// What metrics look at; samples and reference flattened to [N, D] f64.
struct ErrorInput {
  Tensor samples, reference;
  const CompareTarget& target;
  const CompareConfig& config;
  std::uint64_t seed;
};

struct CompareMetric {
  const char* name;
  const char* title;
  double (*compute)(const ErrorInput& input);
  /// Throws ConfigError where the metric has no meaning for the target.
  void (*check)(const CompareTarget& target);
  Range range = positive_range;
};

std::span<const CompareMetric> compare_metrics();
/// In words, of a metric or of "path".
std::string metric_title(const std::string& name);
Range metric_range(const std::string& name);

/// All figures of a config for samples in the units of the data.
std::map<std::string, double> errors_of(const Tensor& samples, const Tensor& reference, const CompareTarget& target,
                                        const CompareConfig& config, std::uint64_t seed);

/// What the samples of a solver tend to, path by path, as steps are added.
struct PathLimit {
  SampleConfig fine;  // comes near it
  std::string text;   // what it is
};

/// Distances of samples to the limits of their paths, from the same draws of the prior and the same Brownian path: the
/// strong error.
class PathReference {
 public:
  PathReference(const CompareTarget& target, const CompareConfig& config) : target_(target), config_(config) {}
  /// By trial with many steps: the end of the probability flow, of the reverse SDE of η = 1 driven in the SNR, or a limit
  /// of the solver's own; nothing where the samples come near none, as those do whose noise is not that of a path.
  std::optional<PathLimit> limit(const SampleConfig& entry);
  /// E |x − limit|, the strong error: the mean distance of config's samples, on the limit's path, to the limit, in the
  /// units of the data.  Throws NumericalError where they are not finite.
  double error(const PathLimit& limit, SampleConfig config);

 private:
  /// The first `paths` samples, in the units of the data.  Throws NumericalError where they are not finite.
  Tensor ends(SampleConfig config) const;
  const Tensor& known_ends(SampleConfig fine, std::uint64_t seed);
  /// Whether eight times as many steps leave a small distance and halve it, or leave next to none.
  static bool tends(const Tensor& coarse, const Tensor& fine, const Tensor& limit);

  const CompareTarget& target_;
  const CompareConfig& config_;
  std::map<std::string, Tensor> ends_;
};

}  // namespace fokker
