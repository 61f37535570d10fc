#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace fokker {

/// Sets the folder of the Python package's experiments, which comes before the others.
void set_package_folder(const std::filesystem::path& folder);

/// The folders of what comes with Fokker, configs and in data/shipped the data sets: the Python package's, the source tree's and
/// the installation's.
std::vector<std::filesystem::path> shipped_folders();

/// The configs that come with Fokker, in the order of their names.
std::vector<std::filesystem::path> shipped_configs();

/// Finds a config: `path` where there is such a file, else the config of that name that comes with Fokker.
/// "digits.toml" and "experiments/digits.toml" name it from any working directory.  Where there is neither, it returns
/// `path`.
std::filesystem::path find_config(const std::filesystem::path& path);

/// A file that comes with Fokker: looked for in the folder of the environment variable FOKKER_DATA, then in the source
/// tree, then in the installation.  Throws IoError naming the places.
std::filesystem::path shipped_data(const std::string& file);

}  // namespace fokker
