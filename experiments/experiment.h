#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "fokker/core/config.h"
#include "fokker/experiments/captions.h"
#include "fokker/experiments/data_facts.h"
#include "fokker/experiments/denoise.h"
#include "fokker/experiments/detect.h"
#include "fokker/experiments/edit.h"
#include "fokker/experiments/generate.h"
#include "fokker/experiments/guidance_sweep.h"
#include "fokker/experiments/inpaint.h"
#include "fokker/experiments/metrics.h"
#include "fokker/experiments/prepare.h"
#include "fokker/experiments/synthesis.h"
#include "fokker/experiments/trainer.h"
#include "fokker/experiments/translate.h"
#include "fokker/score/network.h"
#include "fokker/sde/registry.h"
#include "fokker/solvers/sampler.h"

namespace fokker {

/// One TOML file is one experiment.
struct Experiment {
  std::string name = "experiment";
  std::uint64_t seed = 0;
  DataConfig data;
  SdeConfig sde;
  NetworkConfig network;
  TrainConfig train;
  std::vector<GenerateConfig> sample;
  std::vector<GuidanceSweepConfig> guidance_sweep;
  std::vector<EditConfig> edit;
  std::vector<CaptionsConfig> captions;
  std::vector<TranslateConfig> translate;
  std::vector<InpaintConfig> inpaint;
  std::vector<DenoiseConfig> denoise;
  std::vector<DetectConfig> detect;
  std::vector<SynthesiseConfig> synthesise;
  MetricConfig evaluate;

  static constexpr auto fields = std::tuple{
      field("name", &Experiment::name, "name of the run's folder", nonempty()),
      field("seed", &Experiment::seed, "seed of everything random"),
      field("data", &Experiment::data, "data to learn from, and how they are prepared"),
      field("sde", &Experiment::sde, "diffusion from data to noise"),
      field("network", &Experiment::network, "network that is trained"),
      field("train", &Experiment::train, "settings of the training"),
      field("sample", &Experiment::sample, "sets of samples to draw, one table each"),
      field("guidance_sweep", &Experiment::guidance_sweep, "samples at several strengths of guidance, one table each"),
      field("edit", &Experiment::edit, "image to image by SDEdit, one table each"),
      field("captions", &Experiment::captions, "text to image, judged, one table each"),
      field("translate", &Experiment::translate, "translations from one label to another, one table each"),
      field("inpaint", &Experiment::inpaint, "samples given a part or a measurement of the data, one table each"),
      field("denoise", &Experiment::denoise, "denoising of held-out data or inputs, one table each"),
      field("detect", &Experiment::detect, "detection of anomalies, one table each"),
      field("synthesise", &Experiment::synthesise, "synthetic data sets by class, one table each"),
      field("evaluate", &Experiment::evaluate, "comparison of the samples with the data")};
};

/// Reads a file with overrides such as "train.steps=20".  Throws ConfigError naming file, line and key.
Experiment read_experiment(const std::filesystem::path& path, const std::vector<std::string>& overrides = {});

/// What an experiment's tables describe: data, SDE, objective and network, with their first weights.
struct Model {
  DataFacts facts;
  DataOnDemand data;
  std::shared_ptr<const ForwardSde> sde;
  System system;
  /// Shape of one sample in the units of the network.
  Shape sample_shape;
};
/// Loads the data of an experiment and makes its model.
Model build(const Experiment& experiment);
/// Makes the model on the data that `facts` describe.  The data are loaded when something asks for them; asking throws
/// ConfigError where they have changed.
Model build(const Experiment& experiment, DataFacts facts);

/// A part of prepared data, in the units of the data.
Dataset in_data_units(const Dataset& part, const Prepared& data);

}  // namespace fokker
