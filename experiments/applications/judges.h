#pragma once

#include "fokker/experiments/metrics/classifier.h"
#include "fokker/experiments/metrics/scene_reader.h"
#include "fokker/experiments/runs/trained_run.h"

namespace fokker {

/// The classifiers that judge what applications make of a run.  Each is trained when it is first asked for, and kept,
/// so that several applications to the run share it.
class Judges {
 public:
  /// The classifier of the run's training data, in their own units.  Throws ConfigError without labels of two classes.
  const FeatureClassifier& classifier(const TrainedRun& run);
  const SceneReader& scene_reader(const SceneReaderConfig& config);

 private:
  std::unique_ptr<FeatureClassifier> classifier_;
  std::unique_ptr<SceneReader> reader_;
  std::int64_t reader_steps_ = 0;
};

}  // namespace fokker
