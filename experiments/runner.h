#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "fokker/experiments/experiment.h"
#include "fokker/experiments/results.h"

namespace fokker {

/// How a run talks to the outside; each function may be empty.
struct RunOptions {
  /// A line of text: losses, tables.
  std::function<void(std::string_view line)> line = {};
  std::function<void(std::string_view task, std::int64_t done, std::int64_t total)> progress = {};
  /// Asked often; true ends the run after the current step, with a checkpoint.
  std::function<bool()> stop = {};
  std::vector<std::string> command_line = {};
};

enum class Outcome : std::uint8_t { done, stopped };

struct RunResult {
  Outcome outcome = Outcome::done;
  std::filesystem::path path;
  std::vector<SampleSet> samples;
};

/// Trains, samples, evaluates and writes everything into `out` (empty: a new folder under runs/).
RunResult run(const Experiment& experiment, const std::filesystem::path& out, const RunOptions& options = {});

/// Goes on with a run that was interrupted or killed; its results are those of the uninterrupted run.
RunResult resume(const std::filesystem::path& path, const RunOptions& options = {});

/// A finished run, ready to be used.
struct TrainedRun {
  Experiment experiment;
  Model model;  // its system with the averaged weights
  Score score;  // of model.sde
};
/// Throws ConfigError where `path` holds no run whose training is done.
TrainedRun load_run(const std::filesystem::path& path);

/// Samples from a trained run, in the units of the data.
Samples sample(const TrainedRun& run, const SampleConfig& config, const RunOptions& options = {});

}  // namespace fokker
