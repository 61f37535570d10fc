#pragma once

#include <cstdint>
#include <memory>

#include "fokker/experiments/data/dataset.h"

namespace fokker {

/// Sizes and training of a FeatureClassifier.
struct ClassifierConfig {
  int hidden = 256;
  int features = 64;
  int steps = 600;
  int batch = 128;
  double learning_rate = 2e-3;
  std::uint64_t seed = 0;
};

/// An MLP D → hidden → features → classes with ReLU, trained by Adam on the cross entropy of the labels.  Samples are
/// compared in the space of its last hidden layer.  The bits depend on data and config alone.
class FeatureClassifier {
 public:
  /// Trains the classifier on x [N, …] and its labels.  Throws ConfigError unless the data have labels of at least two
  /// classes.
  FeatureClassifier(const Dataset& training, const ClassifierConfig& config = {});
  ~FeatureClassifier();

  /// Maps x [N, …] to activations [N, features] after the ReLU.
  Tensor features(const Tensor& x) const;
  /// The class with the largest logit for each row.
  std::vector<std::int64_t> classify(const Tensor& x) const;
  /// The share of samples whose label has the largest logit.
  double accuracy(const Dataset& data) const;

 private:
  struct Layers;
  std::unique_ptr<Layers> layers_;
};

}  // namespace fokker
