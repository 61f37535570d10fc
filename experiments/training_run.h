#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "fokker/experiments/experiment.h"
#include "fokker/experiments/runs/model.h"
#include "fokker/experiments/runs/run_directory.h"
#include "fokker/experiments/runs/run_options.h"
#include "fokker/experiments/training/metrics_log.h"
#include "fokker/experiments/training/trainer.h"

namespace fokker {

/// The training of a run, with its log, checkpoints and snapshots in the run's folder.
class TrainingRun {
 public:
  /// Refers to all four, which must outlive it.
  TrainingRun(RunDirectory& directory, const Experiment& experiment, const RunOptions& options, Model& model);

  /// Makes the trainer, and takes it to the latest checkpoint of the folder, if there is one.
  void restore();
  /// Trains until it is finished or told to stop, and returns whether it is finished.  The model and the folder then
  /// have the averaged weights.
  bool run();

  /// The steps so far.
  const std::vector<MetricsRow>& rows() const { return rows_; }

 private:
  void say(const std::string& line) const;
  void save();
  void note_instruction_set(const SafeTensors& state);
  void step();
  void march();
  void finish();

  RunDirectory& directory_;
  const Experiment& experiment_;
  const RunOptions& options_;
  Model& model_;
  MetricsLog log_;
  std::optional<Trainer> trainer_;
  std::vector<MetricsRow> rows_, unsaved_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  double earlier_seconds_ = 0;    // seconds of training before an interruption
  std::string instruction_sets_;  // in the order of their use
};

}  // namespace fokker
