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

  static constexpr auto fields =
      std::tuple{field("metrics", &MetricConfig::metrics, "names of `fokker list metrics`", one_of(metric_names)),
                 field("projections", &MetricConfig::projections, "directions of sliced_w2", at_least(1)),
                 field("neighbours", &MetricConfig::neighbours, "k of precision_recall", at_least(1)),
                 field("limit", &MetricConfig::limit, "most held-out samples that metrics look at", at_least(2)),
                 field("mode_share", &MetricConfig::mode_share,
                       "modes: a mode is covered by this share of its fair part of the samples", between(0, 1)),
                 field("standardise", &MetricConfig::standardise,
                       "in units of the training data's deviations, feature by feature: for tables of mixed units"),
                 field("classifier_steps", &MetricConfig::classifier_steps,
                       "training steps of the classifier behind frechet, one for each data set", at_least(1))};
};

struct MetricResult {
  std::string name;
  double value;
  double reference;           // the same figure for real against real
  std::string features = {};  // the feature network that is its unit
};

/// Samples and data that a metric sees, flattened to [N, D] f64.
struct MetricInput {
  Tensor samples, training, held_out;                            // no two rows of `training` are equal
  Tensor sample_features, training_features, held_out_features;  // undefined unless a metric asks for them
  bool reference = false;                                        // the samples are rows of `training`
  const Modes* modes = nullptr;                                  // of the training data, where a metric asks for them
};

/// One metric, of one or more figures.  The same function gives the reference, with real samples.
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

/// Compares sets of samples with real data.  Figures compare with the held-out samples (of more than `limit`, some drawn
/// by the seed); nearest_neighbour looks at all training samples, too.  `reference` figures take as many different
/// training samples, drawn by the seed, as there are samples (at most all), in the place of the samples;
/// nearest_neighbour then leaves each one itself out of the training data.  The features of "frechet" are those of
/// the data set's `feature_network`, or without labels the values themselves.  Results do not depend on the
/// number of threads.
class Evaluator {
 public:
  /// `training` and `held_out` in the units of the samples; `original`, the data set that they are parts of, has the feature
  /// network, by default `training` alone.  Throws ConfigError for an unknown metric, with the nearest
  /// names, and for fewer than two held-out samples.
  Evaluator(const Dataset& training, const Dataset& held_out, const MetricConfig& config = {},
            const Dataset& original = {});
  /// Of samples in the units of the original data.
  Evaluator(const Prepared& data, const MetricConfig& config);
  ~Evaluator();

  /// samples [N, …] of the data's shape.  Throws ShapeError, and NumericalError for values that are not finite.
  std::vector<MetricResult> operator()(const Tensor& samples) const;
  /// "label_accuracy": the share of samples that the feature network gives their label, one of `labels` in turn; its
  /// reference is `classifier_accuracy`.  Nothing without a network, which "frechet" has for labelled data.
  std::optional<MetricResult> label_accuracy(const Tensor& samples, std::span<const std::int64_t> labels) const;
  /// Share of the samples that the feature network has not been trained on which it names right; NaN without one.
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
