#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "fokker/experiments/runs/run_options.h"

namespace fokker {

/// Whether a file describes systems rather than one experiment.
bool describes_systems(const std::filesystem::path& config);

/// Runs what is not done yet in the folders OUT/NAME of the experiments' names (`out` empty: a new folder under runs/).
/// Writes OUT/systems.h5, OUT/systems.txt and, for images, OUT/systems.png with a row of samples for each sampler.
/// With several seeds the folders are OUT/NAME/seed-K, and systems.txt is a table of means with 95 % intervals in
/// Markdown.  A training that ends in numbers that are not finite is then counted as a failure, and the others go on.
void run_systems(const std::filesystem::path& config, const std::vector<std::string>& overrides,
                 const std::filesystem::path& out, const RunOptions& options);
/// Continues systems in a folder that run_systems has begun.
void resume_systems(const std::filesystem::path& folder, const RunOptions& options);
bool holds_systems(const std::filesystem::path& folder);

}  // namespace fokker
