#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "fokker/experiments/experiment.h"
#include "fokker/experiments/runs/run_options.h"

namespace fokker {

/// One run of a sweep, and the overrides that make it.
struct SweepMember {
  Experiment experiment;
  std::string settings;
};

/// Runs every member in the folders FOLDER/0, FOLDER/1, … (`folder` empty: a new one under runs/).  Then shows a table
/// of how each ended.  A member that fails does not end the others; its error is thrown after the table.  A folder that
/// holds this sweep already is continued.  Throws ConfigError, before the first run, for members that cannot work, and
/// where `folder` holds something else.
void run_sweep(const std::vector<SweepMember>& members, const std::filesystem::path& folder, const RunOptions& options);

/// Runs what is left of a sweep.  Members that are done stay untouched.
void resume_sweep(const std::filesystem::path& folder, const RunOptions& options);
bool holds_sweep(const std::filesystem::path& folder);

}  // namespace fokker
