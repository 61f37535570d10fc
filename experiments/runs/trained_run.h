#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "fokker/experiments/runs/model.h"

namespace fokker {

/// Which average of the weights a finished run is used with; by default the average that the run itself samples with.
struct AverageChoice {
  /// The decay train.ema, or one of train.emas.
  std::optional<double> decay = {};
  /// The relative length of a power-function average, which is made from the run's snapshots.  `step` is the step until
  /// which it averages (0: the last).
  std::optional<double> length = {};
  std::int64_t step = 0;
};

/// A finished run, ready to be used.  The data are loaded when something asks for them.
struct TrainedRun {
  ModelConfig config;
  Model model;                               // the system has the averaged weights
  Score score;                               // score of model.sde; empty where the objective trains none
  LogVarianceRatio log_variance_ratio = {};  // log variance ratio of reverse steps, where the network learns it
  /// For an average made from snapshots: their number, and the relative error of its weights over time.
  std::int64_t snapshots = 0;
  double profile_error = 0;
};

/// Makes a run of a model whose training is done.
TrainedRun trained_run(ModelConfig config, Model model);

/// Loads a run.  Throws ConfigError where `path` holds no run whose training is done, or where the run lacks the
/// average.  Throws ConfigError, ShapeError or IoError, naming file and tensor, for weights that do not fit.
TrainedRun load_run(const std::filesystem::path& path, const AverageChoice& average = {});

/// The loss on the run's held-out samples, with the noise that it had in training.  Throws ConfigError without held-out
/// samples.
double held_out_loss(const TrainedRun& run);

/// Throws ConfigError where the config of a run is not as the run wrote it.
void require_own_config(const std::filesystem::path& run);
/// What the run keeps of its data; none where a run of an earlier version kept nothing.
std::optional<DataFacts> read_run_facts(const std::filesystem::path& run);
inline constexpr const char* facts_file = "data.json";

/// Writes RUN/model.safetensors and, for each further decay, RUN/model-ema-DECAY.safetensors.
void write_weights(const std::filesystem::path& run, const Trainer& trainer);

inline constexpr const char* weights_file = "model.safetensors";

}  // namespace fokker
