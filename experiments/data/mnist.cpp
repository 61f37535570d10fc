#include "fokker/experiments/data/mnist.h"

#include <fmt/ranges.h>

#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "fokker/core/base/error.h"

namespace fokker {
namespace {

namespace fs = std::filesystem;
using Files = std::pair<fs::path, fs::path>;

std::optional<Files> find_files(const fs::path& folder) {
  std::error_code ignored;
  for (const std::string part : {"train", "t10k"})
    for (const std::string dot : {"-", "."})
      for (const std::string end : {"", ".gz"}) {
        const fs::path images = folder / (part + "-images" + dot + "idx3-ubyte" + end);
        const fs::path labels = folder / (part + "-labels" + dot + "idx1-ubyte" + end);
        if (fs::exists(images, ignored)) return Files{images, fs::exists(labels, ignored) ? labels : fs::path{}};
      }
  return std::nullopt;
}

}  // namespace

Files mnist_files(const fs::path& folder) {
  if (const auto files = find_files(folder)) return *files;
  throw IoError(
      fmt::format("[data.source] expected \"train-images-idx3-ubyte\" or \"t10k-images-idx3-ubyte\", or either with "
                  "\".gz\", in the folder {}, found none; or name the files as idx:IMAGES,LABELS",
                  folder.string()));
}

fs::path mnist_folder() {
  std::vector<std::string> places;
  if (const char* folder = std::getenv("FOKKER_DATA"); folder && *folder) places.push_back(fs::path(folder) / "mnist");
  for (const char* place : {"data/mnist", "../shared/data/mnist"}) places.emplace_back(place);
  for (const auto& place : places)
    if (find_files(place)) return place;
  std::error_code ignored;
  throw IoError(fmt::format(
      "[data.source] \"mnist\": none of the folders {} has MNIST's IDX files (working directory {}). Fokker does not "
      "come with them: put train-images-idx3-ubyte.gz and train-labels-idx1-ubyte.gz into data/mnist, set FOKKER_DATA "
      "to the folder that has mnist/, or set data.source = \"idx:FOLDER\"",
      fmt::join(places, ", "), fs::current_path(ignored).string()));
}

}  // namespace fokker
