#pragma once

#include <string>

#include "fokker/experiments/applications/application.h"
#include "fokker/experiments/runs/generate.h"

namespace fokker {

/// A table [[captions]]: `n` images drawn to captions that training has not seen, and how many show what theirs says.
/// `prompts` are in their place where there are any.
struct CaptionsConfig : GenerateConfig {
  std::int64_t reader_steps = 2000;

  void validate() const;
  void check(const Model& model) const;

  static constexpr auto fields = std::tuple_cat(
      GenerateConfig::fields, std::tuple{field("reader_steps", &CaptionsConfig::reader_steps,
                                               "training steps of the classifier that reads the images", at_least(1))});
};

/// For runs on the data "scenes", judged by a SceneReader, which is trained on real scenes alone.
/// Figures, shares with intervals: caption_accuracy of the images drawn; of singles, twins and pairs among them;
/// of the styles plain, thin and bold that were read; caption_accuracy_shuffled, the same images under each other's
/// captions; caption_accuracy_real, of the real scenes of the held-out captions.  Arrays: image.  Throws ConfigError for a
/// run without captions, on other data, or without held-out ones.
Findings draw_captions(const TrainedRun& run, const CaptionsConfig& config, const ApplicationInput& input,
                       const RunOptions& options);

}  // namespace fokker
