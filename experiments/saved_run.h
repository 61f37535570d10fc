#pragma once

#include <filesystem>
#include <memory>

#include "fokker/experiments/applications/judges.h"
#include "fokker/experiments/experiment.h"
#include "fokker/experiments/runs/trained_run.h"

namespace fokker {

/// A finished run with all tables of its experiment, and the judges that the applications to it share.
struct SavedRun : TrainedRun {
  Experiment experiment;
  std::shared_ptr<Judges> judges = std::make_shared<Judges>();
};

/// Throws what `load_run` throws.
SavedRun open_run(const std::filesystem::path& path, const AverageChoice& average = {});

/// The config of a run, which is as the run wrote it; throws ConfigError where it has been changed since.
Experiment read_run(const std::filesystem::path& run);

}  // namespace fokker
