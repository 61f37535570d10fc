#include "fokker/experiments/applications/judges.h"
#include "fokker/experiments/data/prepare.h"

namespace fokker {

const FeatureClassifier& Judges::classifier(const TrainedRun& run) {
  if (!classifier_)
    classifier_ = std::make_unique<FeatureClassifier>(in_data_units(run.model.data().training, run.model.data()));
  return *classifier_;
}

const SceneReader& Judges::scene_reader(const SceneReaderConfig& config) {
  if (!reader_ || reader_steps_ != config.steps) {
    reader_ = std::make_unique<SceneReader>(config);
    reader_steps_ = config.steps;
  }
  return *reader_;
}

}  // namespace fokker
