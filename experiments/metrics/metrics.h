#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "fokker/core/config/config.h"
#include "fokker/experiments/data/dataset.h"
#include "fokker/experiments/data/scaling.h"

namespace fokker {

class FeatureNetwork;
class Modes;
struct Prepared;

std::vector<std::string> metric_names();

/// The table [evaluate] of an experiment.
struct MetricConfig {
  std::vector<std::string> metrics = {"sliced_w2", "energy", "mmd", "frechet", "precision_recall", "nearest_neighbour"};
  int projections = 256;
  int neighbours = 3;
  int limit = 5000;
  double mode_share = 0.2;
  bool standardise = false;
  int classifier_steps = 600;
  std::uint64_t seed = 0;  // not a key: the run's seed

  static constexpr auto fields = std::tuple{
      field("metrics", &MetricConfig::metrics, "names of metrics, which `fokker list metrics` shows",
            one_of(metric_names)),
      field("projections", &MetricConfig::projections, "number of directions of sliced_w2", at_least(1)),
      field("neighbours", &MetricConfig::neighbours, "number k of neighbours of precision_recall", at_least(1)),
      field("limit", &MetricConfig::limit, "largest number of held-out samples that metrics look at", at_least(2)),
      field("mode_share", &MetricConfig::mode_share,
            "share of its fair part of the samples that a mode needs to be covered, for modes", between(0, 1)),
      field("standardise", &MetricConfig::standardise,
            "measures each feature in units of its deviation in the training data, for tables of mixed units"),
      field("classifier_steps", &MetricConfig::classifier_steps,
            "training steps of the classifier behind frechet, one for each data set", at_least(1))};
};

/// A figure of samples, and its value for real data.
struct MetricResult {
  std::string name;
  double value;
  double reference;           // figure of real against real data
  std::string features = {};  // the feature network that is its unit
};

/// Samples and data that a metric sees, flattened to [N, D] f64.
struct MetricInput {
  Tensor samples, training, held_out;                            // no two rows of `training` are equal
  Tensor sample_features, training_features, held_out_features;  // undefined unless a metric asks for them
  bool reference = false;                                        // whether the samples are rows of `training`
  const Modes* modes = nullptr;  // modes of the training data, where a metric asks for them
};

/// One metric with one or several figures.  One function gives the figures and the reference, from real samples.
struct MetricEntry {
  const char* name;
  std::vector<const char*> results;  // names of its figures
  bool features;                     // whether it looks at features
  const char* description;
  std::vector<double> (*compute)(const MetricInput& input, const MetricConfig& config);
};

std::span<const MetricEntry> metric_entries();

/// The least number of samples, of training and of held-out data that the metrics of `config` work with.
std::int64_t least_samples(const MetricConfig& config);

/// Compares sets of samples with real data.  Figures compare with the held-out samples; of more than `limit`, some are
/// drawn by the seed.  nearest_neighbour also looks at all training samples.  In `reference` figures, as many different
/// training samples as there are samples, drawn by the seed, take the place of the samples; nearest_neighbour then
/// leaves each one itself out of the training data.  The features of "frechet" are those of the data set's
/// `feature_network`, or without labels the values themselves.  Results do not depend on the number of threads.
class Evaluator {
 public:
  /// `training` and `held_out` are in the units of the samples.  `original`, by default `training`, is the data set
  /// that they are parts of; it has the feature network.  Throws ConfigError for an unknown metric, with the nearest
  /// names, and for fewer than two held-out samples.
  Evaluator(const Dataset& training, const Dataset& held_out, const MetricConfig& config = {},
            const Dataset& original = {});
  /// Compares samples in the units of the original data.
  Evaluator(const Prepared& data, const MetricConfig& config);
  ~Evaluator();

  /// Measures samples [N, …] of the data's shape.  Throws ShapeError for another shape, and NumericalError for values
  /// that are not finite.
  std::vector<MetricResult> operator()(const Tensor& samples) const;
  /// The figure "label_accuracy": the share of samples that the feature network gives their label, one of `labels` in
  /// turn.  The reference is `classifier_accuracy`.  Returns nothing without a network, which "frechet" has for
  /// labelled data.
  std::optional<MetricResult> label_accuracy(const Tensor& samples, std::span<const std::int64_t> labels) const;
  /// The share of right classes on the samples that the feature network has not been trained on; NaN without a network.
  double classifier_accuracy() const;

 private:
  MetricInput input(const Tensor& samples) const;
  MetricInput reference(std::int64_t n) const;
  Tensor features(const Tensor& x, const Tensor& rows) const;
  Tensor in_units(const Tensor& x) const;
  bool asks_for(const char* metric) const;
  void find_modes(Dataset training);

  MetricConfig config_;
  Scaling units_;
  std::vector<const MetricEntry*> entries_;
  Shape sample_shape_;
  MetricInput data_;
  std::shared_ptr<const FeatureNetwork> network_;
  std::unique_ptr<Modes> modes_;
};

std::vector<MetricResult> evaluate(const Tensor& samples, const Dataset& training, const Dataset& held_out,
                                   const MetricConfig& config = {});

}  // namespace fokker
