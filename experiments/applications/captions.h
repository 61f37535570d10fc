#pragma once

#include <string>

#include "fokker/experiments/applications/application.h"
#include "fokker/experiments/runs/generate.h"

namespace fokker {

/// A table [[captions]]: draws `n` images to captions that training has not seen, and counts the images that show what
/// their caption says.  Captions in `prompts` take the place of the held-out ones.
struct CaptionsConfig : GenerateConfig {
  std::int64_t reader_steps = 2000;

  void validate() const;
  void check(const Model& model) const;

  static constexpr auto fields = std::tuple_cat(
      GenerateConfig::fields,
      std::tuple{field("reader_steps", &CaptionsConfig::reader_steps,
                       "number of training steps of the classifier that reads the images", at_least(1))});
};

/// Draws and judges images of a run on the data "scenes".  The judge is a SceneReader, which is trained on real scenes
/// alone.  Figures are shares with intervals:
///   caption_accuracy           of the images drawn
///   caption_accuracy_KIND      of the singles, twins and pairs among them
///   read_as_STYLE              of the images read as plain, thin or bold
///   caption_accuracy_shuffled  of the same images under each other's captions
///   caption_accuracy_real      of the real scenes of the held-out captions
/// Arrays: image.  Throws ConfigError for a run without captions, on other data, or without held-out captions.
Findings draw_captions(const TrainedRun& run, const CaptionsConfig& config, const ApplicationInput& input,
                       const RunOptions& options);

}  // namespace fokker
