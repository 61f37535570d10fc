#include "fokker/experiments/data/shipped.h"

#include <algorithm>
#include <cstdlib>

#include "fokker/core/base/error.h"

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

std::filesystem::path shipped_data(const std::string& file) {
  std::vector<std::filesystem::path> places;
  if (const char* folder = std::getenv("FOKKER_DATA"); folder && *folder) places.emplace_back(folder);
  for (const auto& folder : shipped_folders()) places.push_back(folder / "data/shipped");
  std::error_code ignored;
  std::string searched;
  for (const auto& place : places) {
    if (std::filesystem::is_regular_file(place / file, ignored)) return place / file;
    searched += (searched.empty() ? "" : ", ") + place.string();
  }
  throw IoError(fmt::format("[data] {} is in none of {}; set FOKKER_DATA to the folder that has it", file, searched));
}

}  // namespace fokker
