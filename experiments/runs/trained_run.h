#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "fokker/experiments/runs/model.h"

namespace fokker {

/// Which average of the weights a finished run is used with; by default the one that the run itself samples with.
struct AverageChoice {
  /// train.ema, or one of train.emas.
  std::optional<double> decay = {};
  /// Of a power-function average, made from the run's snapshots: its relative length, and the step until which it
  /// averages (0: the last).
  std::optional<double> length = {};
  std::int64_t step = 0;
};

/// A finished run, ready to be used.  Its data are loaded when something asks for them.
struct TrainedRun {
  ModelConfig config;
  Model model;                               // its system with the averaged weights
  Score score;                               // of model.sde; empty where the objective trains none
  LogVarianceRatio log_variance_ratio = {};  // of reverse steps, where the network learns it
  /// For an average made from snapshots: how many of them, and the relative error of its weights over time.
  std::int64_t snapshots = 0;
  double profile_error = 0;
};

/// Throws ConfigError where `path` holds no run whose training is done, or the run lacks the average; ConfigError,
/// ShapeError or IoError naming file and tensor for weights that do not fit.
TrainedRun load_run(const std::filesystem::path& path, const AverageChoice& average = {});

/// The loss on the run's held-out samples, with the noise that it had in training.  Throws ConfigError without them.
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
