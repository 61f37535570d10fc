#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "fokker/core/config/config.h"
#include "fokker/experiments/applications/captions.h"
#include "fokker/experiments/data/data_facts.h"
#include "fokker/experiments/applications/denoise.h"
#include "fokker/experiments/applications/detect.h"
#include "fokker/experiments/applications/edit.h"
#include "fokker/experiments/runs/generate.h"
#include "fokker/experiments/applications/guidance_sweep.h"
#include "fokker/experiments/applications/inpaint.h"
#include "fokker/experiments/metrics/metrics.h"
#include "fokker/experiments/data/prepare.h"
#include "fokker/experiments/applications/synthesis.h"
#include "fokker/experiments/training/trainer.h"
#include "fokker/experiments/applications/translate.h"
#include "fokker/score/networks/network.h"
#include "fokker/sde/registry.h"
#include "fokker/solvers/sampling/sampler.h"

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

  static constexpr auto fields =
      std::tuple{field("name", &Experiment::name, "name of the run's folder", nonempty()),
                 field("seed", &Experiment::seed, "of everything random"),
                 field("data", &Experiment::data, "what to learn from"),
                 field("sde", &Experiment::sde, "from data to noise"),
                 field("network", &Experiment::network, "what is trained"),
                 field("train", &Experiment::train, "how it is trained"),
                 field("sample", &Experiment::sample, "sets of samples to draw, one table each"),
                 field("guidance_sweep", &Experiment::guidance_sweep, "samples at several strengths of guidance"),
                 field("edit", &Experiment::edit, "image to image, one table each"),
                 field("captions", &Experiment::captions, "text to image, judged, one table each"),
                 field("translate", &Experiment::translate, "from one label to another"),
                 field("inpaint", &Experiment::inpaint, "samples given a part or a measurement of the data"),
                 field("denoise", &Experiment::denoise, "noise taken away"),
                 field("detect", &Experiment::detect, "anomalies found"),
                 field("synthesise", &Experiment::synthesise, "data sets by class, one table each"),
                 field("evaluate", &Experiment::evaluate, "comparison of the samples with the data")};
};

/// Reads a file with overrides such as "train.steps=20"; throws ConfigError naming file, line and key.
Experiment read_experiment(const std::filesystem::path& path, const std::vector<std::string>& overrides = {});

/// What an experiment's tables describe, built: data, SDE, and objective and network with their first weights.
struct Model {
  DataFacts facts;
  DataOnDemand data;
  std::shared_ptr<const ForwardSde> sde;
  System system;
  /// Shape of one sample in the units of the network.
  Shape sample_shape;
};
Model build(const Experiment& experiment);
/// On the data that `facts` are of, which are loaded when something asks for them; asking throws ConfigError where they
/// have changed.
Model build(const Experiment& experiment, DataFacts facts);

/// A part of prepared data, in the units of the data.
Dataset in_data_units(const Dataset& part, const Prepared& data);

}  // namespace fokker
