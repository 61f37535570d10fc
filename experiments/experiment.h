#pragma once

#include <tuple>
#include <vector>

#include "fokker/core/config/config.h"
#include "fokker/experiments/applications/captions.h"
#include "fokker/experiments/applications/denoise.h"
#include "fokker/experiments/applications/detect.h"
#include "fokker/experiments/applications/edit.h"
#include "fokker/experiments/applications/guidance_sweep.h"
#include "fokker/experiments/applications/inpaint.h"
#include "fokker/experiments/applications/synthesis.h"
#include "fokker/experiments/applications/translate.h"
#include "fokker/experiments/runs/generate.h"
#include "fokker/experiments/runs/model.h"

namespace fokker {

/// One TOML file is one experiment.
struct Experiment : ModelConfig {
  std::vector<GenerateConfig> sample;
  std::vector<GuidanceSweepConfig> guidance_sweep;
  std::vector<EditConfig> edit;
  std::vector<CaptionsConfig> captions;
  std::vector<TranslateConfig> translate;
  std::vector<InpaintConfig> inpaint;
  std::vector<DenoiseConfig> denoise;
  std::vector<DetectConfig> detect;
  std::vector<SynthesiseConfig> synthesise;

  static constexpr auto fields = std::tuple_cat(
      model_fields,
      std::tuple{
          field("sample", &Experiment::sample, "sets of samples to draw, one table each"),
          field("guidance_sweep", &Experiment::guidance_sweep,
                "samples at several strengths of guidance, one table each"),
          field("edit", &Experiment::edit, "image to image by SDEdit, one table each"),
          field("captions", &Experiment::captions, "text to image, judged, one table each"),
          field("translate", &Experiment::translate, "translations from one label to another, one table each"),
          field("inpaint", &Experiment::inpaint, "samples given a part or a measurement of the data, one table each"),
          field("denoise", &Experiment::denoise, "denoising of held-out data or inputs, one table each"),
          field("detect", &Experiment::detect, "detection of anomalies, one table each"),
          field("synthesise", &Experiment::synthesise, "synthetic data sets by class, one table each")},
      std::tuple{evaluate_field});
};

}  // namespace fokker
