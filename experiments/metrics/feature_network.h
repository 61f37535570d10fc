#pragma once

#include <memory>
#include <string>

#include "fokker/experiments/data/scaling.h"
#include "fokker/experiments/metrics/classifier.h"

namespace fokker {

struct FeatureConfig {
  int steps = 600;
  bool standardise = false;  // each feature, for tables of mixed units
};

/// The classifier in whose features the samples of a data set are compared, and which names their classes.  It belongs to
/// the data set: seed and split are fixed, and it is trained on four fifths of the data before any run prepares them, so
/// that Fréchet distances of all runs on the data have one unit.  It has seen as much of the samples that a run trains on as
/// of those that the run holds out.
class FeatureNetwork {
 public:
  /// `data` as loaded; samples that are not finite are left out.  Throws ConfigError without labels of two classes.
  explicit FeatureNetwork(const Dataset& data, const FeatureConfig& config = {});

  /// x [N, …] in the units of the data → [N, features].
  Tensor features(const Tensor& x) const { return classifier_->features(own_units(x)); }
  std::vector<std::int64_t> classify(const Tensor& x) const { return classifier_->classify(own_units(x)); }
  /// Share of the fifth that it has not been trained on which it names right; NaN where that is empty.
  double accuracy() const { return accuracy_; }
  /// The data and their hash, in words.
  const std::string& name() const { return name_; }

 private:
  Tensor own_units(const Tensor& x) const;

  Scaling units_;
  std::unique_ptr<FeatureClassifier> classifier_;
  double accuracy_;
  std::string name_;
};

/// The network of a data set, trained when it is first asked for and kept for the life of the program.
std::shared_ptr<const FeatureNetwork> feature_network(const Dataset& data, const FeatureConfig& config = {});

}  // namespace fokker
