#pragma once

#include <filesystem>
#include <string>
#include <tuple>
#include <vector>

#include "fokker/core/config/config.h"
#include "fokker/experiments/runs/data_likelihood.h"

namespace fokker {

/// Several experiments side by side: each is run, its held-out data are bounded in bits, and one table is made of all.
struct SystemsConfig {
  std::string name = "systems";
  std::vector<std::string> systems = {};
  std::vector<std::string> set = {};
  std::int64_t seeds = 1;
  DataLikelihoodConfig likelihood = {};

  static constexpr auto fields = std::tuple{
      field("name", &SystemsConfig::name, "name of the folder", nonempty()),
      field("systems", &SystemsConfig::systems,
            "files of experiments, from the folder of this file, each with its settings behind it: \"a.toml seed=1\"",
            nonempty()),
      field("set", &SystemsConfig::set, "changes of every one, as \"train.steps=100\""),
      field("seeds", &SystemsConfig::seeds,
            "trainings of each, with their own seed and the seeds behind it; from two on, the table has their means",
            at_least(1)),
      field("likelihood", &SystemsConfig::likelihood, "bits of the held-out data, as in `fokker likelihood`")};
};

/// Whether a file describes systems rather than one experiment.
bool describes_systems(const std::filesystem::path& config);

/// Runs what is not done yet in the folders OUT/NAME of the experiments' names, and writes OUT/systems.h5, OUT/systems.txt
/// and, for images, OUT/systems.png, a row of samples for each sampler.  With several seeds the folders are OUT/NAME/seed-K,
/// systems.txt is a table of means with 95 % intervals in Markdown, and a training that ends in numbers that are not finite
/// is counted among the failures instead of ending the others.  `out` empty: a new folder under runs/.
void run_systems(const std::filesystem::path& config, const std::vector<std::string>& overrides,
                 const std::filesystem::path& out, const RunOptions& options);
/// The same for a folder that it has begun.
void resume_systems(const std::filesystem::path& folder, const RunOptions& options);
bool holds_systems(const std::filesystem::path& folder);

}  // namespace fokker
