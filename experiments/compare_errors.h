#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "fokker/experiments/compare.h"

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
};

std::span<const CompareMetric> compare_metrics();
/// In words, of a metric or of "path".
std::string metric_title(const std::string& name);

/// All figures of a config for samples in the units of the data.
std::map<std::string, double> errors_of(const Tensor& samples, const Tensor& reference, const CompareTarget& target,
                                        const CompareConfig& config, std::uint64_t seed);

/// Distances of samples to those that the probability-flow ODE brings from the same draws of the prior.
class PathReference {
 public:
  explicit PathReference(const CompareTarget& target) : target_(target) {}
  /// Whether the solver follows the probability flow: with many steps the median distance is small.
  bool follows(const SampleConfig& config);
  /// Root-mean-square distance over the first samples [n, …], in the units of the data.
  double error(const SampleConfig& config, const Tensor& samples);

 private:
  const Tensor& ends(const SampleConfig& config);

  const CompareTarget& target_;
  std::map<std::string, Tensor> ends_;
};

}  // namespace fokker
