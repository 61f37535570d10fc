#include "fokker/experiments/data/shipped.h"

#include <algorithm>

namespace fokker {
namespace {

namespace fs = std::filesystem;

fs::path& package_folder() {
  static fs::path folder;
  return folder;
}

}  // namespace

void set_package_folder(const fs::path& folder) { package_folder() = folder; }

std::vector<fs::path> shipped_folders() {
  std::vector<fs::path> folders = {FOKKER_SOURCE_EXPERIMENTS, FOKKER_INSTALLED_EXPERIMENTS};
  if (!package_folder().empty()) folders.insert(folders.begin(), package_folder());
  return folders;
}

std::vector<fs::path> shipped_configs() {
  std::error_code ignored;
  std::vector<fs::path> configs;
  for (const auto& folder : shipped_folders()) {
    for (const auto& entry : fs::directory_iterator(folder, ignored))
      if (entry.path().extension() == ".toml") configs.push_back(entry.path());
    if (!configs.empty()) break;
  }
  std::ranges::sort(configs);
  return configs;
}

fs::path find_config(const fs::path& path) {
  std::error_code ignored;
  if (path.empty() || path.is_absolute() || fs::exists(path, ignored)) return path;
  const fs::path name = *path.begin() == "experiments" ? path.lexically_relative("experiments") : path;
  for (const auto& folder : shipped_folders())
    if (fs::is_regular_file(folder / name, ignored)) return folder / name;
  return path;
}

}  // namespace fokker
