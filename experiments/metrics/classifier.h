#pragma once

#include <cstdint>
#include <memory>

#include "fokker/experiments/data/dataset.h"

namespace fokker {

struct ClassifierConfig {
  int hidden = 256;
  int features = 64;
  int steps = 600;
  int batch = 128;
  double learning_rate = 2e-3;
  std::uint64_t seed = 0;
};

/// An MLP D → hidden → features → classes with ReLU, trained by Adam on the cross entropy of the labels.  Its last
/// hidden layer is the space in which samples are compared.  The bits depend on data and config alone.
class FeatureClassifier {
 public:
  /// Trains.  Throws ConfigError unless the data have labels of at least two classes.
  FeatureClassifier(const Dataset& training, const ClassifierConfig& config = {});
  ~FeatureClassifier();

  /// x [N, …] → activations [N, features] after the ReLU.
  Tensor features(const Tensor& x) const;
  /// The class with the largest logit for each row.
  std::vector<std::int64_t> classify(const Tensor& x) const;
  /// Share of samples whose label has the largest logit.
  double accuracy(const Dataset& data) const;

 private:
  struct Layers;
  std::unique_ptr<Layers> layers_;
};

}  // namespace fokker
