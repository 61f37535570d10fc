#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "fokker/experiments/experiment.h"
#include "fokker/experiments/runs/results.h"
#include "fokker/experiments/runs/run_options.h"

namespace fokker {

/// Whether a run came to its end or was stopped before.
enum class Outcome : std::uint8_t { done, stopped };

/// The result of a run.
struct RunResult {
  Outcome outcome = Outcome::done;
  std::filesystem::path path;
  std::vector<SampleSet> samples;
  std::int64_t steps = 0, of_steps = 0;  // training steps done, and in all

  /// What to tell of a run that was stopped.
  std::string how_to_go_on() const;
};

/// Trains, samples, evaluates and writes everything into `out` (empty: a new folder under runs/).
RunResult run(const Experiment& experiment, const std::filesystem::path& out, const RunOptions& options = {});

/// Continues a run that was interrupted or killed.  The results are those of the uninterrupted run.
RunResult resume(const std::filesystem::path& path, const RunOptions& options = {});

}  // namespace fokker
