#pragma once

#include <filesystem>
#include <vector>

namespace fokker {

/// Sets the folder of the Python package's experiments, which comes before the others.
void set_package_folder(const std::filesystem::path& folder);

/// The folders of what comes with Fokker, configs and in data/ the data sets: the Python package's, the source tree's and
/// the installation's.
std::vector<std::filesystem::path> shipped_folders();

/// The configs that come with Fokker, in the order of their names.
std::vector<std::filesystem::path> shipped_configs();

/// `path` where there is such a file, else the config of that name that comes with Fokker: "digits.toml" and
/// "experiments/digits.toml" name it from any working directory.  Without either, `path` as it is.
std::filesystem::path find_config(const std::filesystem::path& path);

}  // namespace fokker
