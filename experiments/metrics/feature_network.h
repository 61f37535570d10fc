#pragma once

#include <memory>
#include <string>

#include "fokker/experiments/data/scaling.h"
#include "fokker/experiments/metrics/classifier.h"

namespace fokker {

/// Training of a FeatureNetwork.
struct FeatureConfig {
  int steps = 600;
  bool standardise = false;  // whether to standardise each feature, for tables of mixed units
};

/// The classifier of a data set.  It names the classes of samples, and samples are compared in its features.  Seed and
/// split are fixed, and it is trained on four fifths of the data before any run prepares them, so Fréchet distances of
/// all runs on the data have one unit.  It has seen equal shares of the samples that a run trains on and of those that
/// the run holds out.
class FeatureNetwork {
 public:
  /// `data` are taken as loaded; samples that are not finite are left out.  Throws ConfigError without labels of two
  /// classes.
  explicit FeatureNetwork(const Dataset& data, const FeatureConfig& config = {});

  /// Maps x [N, …] in the units of the data to [N, features].
  Tensor features(const Tensor& x) const { return classifier_->features(own_units(x)); }
  std::vector<std::int64_t> classify(const Tensor& x) const { return classifier_->classify(own_units(x)); }
  /// The share of right classes on the fifth that it has not been trained on; NaN where that fifth is empty.
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

/// The network of a data set.  It is trained when it is first asked for, and kept until the program ends.
std::shared_ptr<const FeatureNetwork> feature_network(const Dataset& data, const FeatureConfig& config = {});

}  // namespace fokker
