#pragma once

#include <filesystem>
#include <string>
#include <tuple>
#include <vector>

#include "fokker/core/config/config.h"
#include "fokker/experiments/runs/data_likelihood.h"

namespace fokker {

/// Several experiments side by side.  Each is run, its held-out data are bounded in bits, and one table is made of all.
struct SystemsConfig {
  std::string name = "systems";
  std::vector<std::string> systems = {};
  std::vector<std::string> set = {};
  std::int64_t seeds = 1;
  DataLikelihoodConfig likelihood = {};

  static constexpr auto fields = std::tuple{
      field("name", &SystemsConfig::name, "name of the folder", nonempty()),
      field("systems", &SystemsConfig::systems,
            "files of experiments, relative to the folder of this file, each with its settings after it: \"a.toml "
            "seed=1\"",
            nonempty()),
      field("set", &SystemsConfig::set, "settings that change every experiment, such as \"train.steps=100\""),
      field("seeds", &SystemsConfig::seeds,
            "number of trainings of each experiment, with its own seed and the next ones; from two on, the table has "
            "their means",
            at_least(1)),
      field("likelihood", &SystemsConfig::likelihood,
            "settings of the bits of the held-out data, as in `fokker likelihood`")};
};

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
