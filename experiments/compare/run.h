#pragma once

#include <filesystem>

#include "fokker/core/io/hdf5.h"
#include "fokker/experiments/compare/compare.h"
#include "fokker/experiments/runs/run_options.h"

namespace fokker {

/// The file "results.h5" of a comparison (docs/results.md).  Every dataset but `wall_time` is a function of
/// configuration and target alone.
Hdf5File comparison_file(const Comparison& comparison);

/// The solvers ranked at each budget, in lines of text.
std::vector<std::string> comparison_table(const Comparison& comparison);

/// Writes results.h5, work_precision.svg and report.html, each whole or not at all.  Makes the folder.
void save_comparison(const Comparison& comparison, const std::filesystem::path& folder);

/// Compares and writes everything into `out` (empty: a new folder under runs/).  Returns the folder.  Throws Cancelled
/// where options.stop asks for it; the folder then says "stopped" and holds no results.
std::filesystem::path run_comparison(const CompareConfig& config, const std::filesystem::path& out,
                                     const RunOptions& options = {});

/// Whether the folder is that of a comparison.
bool holds_comparison(const std::filesystem::path& folder);

/// Makes a comparison that was interrupted again in its folder, from the start.
void resume_comparison(const std::filesystem::path& folder, const RunOptions& options = {});

}  // namespace fokker
