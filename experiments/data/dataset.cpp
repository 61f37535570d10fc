#include "fokker/experiments/data/dataset.h"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "fokker/core/config/config.h"
#include "fokker/core/base/names.h"
#include "fokker/experiments/data/dataset_files.h"
#include "fokker/experiments/data/scenes.h"
#include "fokker/experiments/data/shipped.h"
#include "fokker/experiments/data/signals.h"
#include "fokker/experiments/data/styles.h"
#include "fokker/experiments/data/toys.h"

namespace fokker {
namespace {

constexpr std::int64_t toy_samples = 10'000;

template <Dataset (*toy)(std::int64_t n, std::uint64_t seed)>
Dataset load_toy(const std::string&, const DatasetOptions& options) {
  return toy(options.n > 0 ? options.n : toy_samples, options.seed);
}

constexpr std::array entries{
    DatasetEntry{"digits", "", "UCI handwritten digits: 1,797 grey images of 8 × 8, labelled; comes with Fokker",
                 load_digits},
    DatasetEntry{"mnist", "", "the user's copy of MNIST, in $FOKKER_DATA/mnist, data/mnist or ../shared/data/mnist",
                 load_mnist},
    DatasetEntry{"idx", "IMAGES[,LABELS]", "IDX files of MNIST, Fashion-MNIST and the like, or a folder with them",
                 load_idx},
    DatasetEntry{"npy", "PATH", "a NumPy array [samples, features], [samples, y, x] or [samples, y, x, channel]",
                 load_npy},
    DatasetEntry{"csv", "PATH[,LABEL[,CATEGORICAL…]]",
                 "a table with a header; the last column is the label, or -; columns without a number, and those named "
                 "behind the label, are categories",
                 load_csv},
    DatasetEntry{"hdf5", "PATH#DATASET", "an HDF5 dataset of such a shape, labelled by \"label\" beside it", load_hdf5},
    DatasetEntry{"eight_gaussians", "", "eight normal laws on a circle, in the plane", load_toy<eight_gaussians>},
    DatasetEntry{"gaussian_grid", "", "25 narrow normal laws on a square grid, in the plane", load_toy<gaussian_grid>},
    DatasetEntry{"two_moons", "", "two interleaved half circles, in the plane", load_toy<two_moons>},
    DatasetEntry{"swiss_roll", "", "a spiral, in the plane", load_toy<swiss_roll>},
    DatasetEntry{"checkerboard", "", "the uniform law on the black squares of a 4 × 4 board", load_toy<checkerboard>},
    DatasetEntry{"ecg", "", "synthetic electrocardiograms of random rate, phase and waves: signals of 128 values",
                 load_toy<ecg>},
    DatasetEntry{"chirps", "", "tones of linearly or quadratically changing frequency: signals of 128 values, labelled",
                 load_toy<chirps>},
    DatasetEntry{"gaussian_features", "", "a table of ten correlated normal features whose law is known",
                 load_toy<gaussian_features>},
    DatasetEntry{"gaussian_anomalies", "", "the same, a quarter of the samples 3 deviations off: labelled 1",
                 load_toy<gaussian_anomalies>},
    DatasetEntry{
        "breast_cancer", "",
        "UCI breast cancer (WDBC): a table of 569 tumours, 30 features, benign or malignant; comes with Fokker",
        load_breast_cancer},
    DatasetEntry{"styles", "", "the digits, each plain, thin, bold, slanted and inverted; labels are styles",
                 digit_styles},
    DatasetEntry{"scenes", "",
                 "captioned scenes of 16 × 16 composed of the digits, as \"a 3 above a 7\"; other captions held out",
                 load_toy<scenes>},
    DatasetEntry{"regression_toy", "", "independent normal inputs and targets of 100 numbers",
                 load_toy<regression_toy>}};

/// Rows of `width` values; none of an empty list.
template <class T>
std::vector<T> rows_of(const std::vector<T>& values, std::span<const std::int64_t> indices, std::int64_t width) {
  std::vector<T> result;
  if (values.empty()) return result;
  for (const auto index : indices)
    result.insert(result.end(), values.begin() + index * width, values.begin() + (index + 1) * width);
  return result;
}

}  // namespace

std::int64_t Dataset::classes() const { return labels.empty() ? 0 : 1 + *std::ranges::max_element(labels); }

std::span<const DatasetEntry> dataset_entries() { return entries; }

std::vector<std::string> dataset_names() {
  std::vector<std::string> names;
  for (const auto& entry : entries) names.emplace_back(entry.name);
  return names;
}

Dataset load_dataset(const std::string& source, const DatasetOptions& options) {
  require<ConfigError>(options.n >= 0, "[data.n] expected n ≥ 0, got {}", options.n);
  const auto colon = source.find(':');
  const std::string name = source.substr(0, colon);
  const std::string argument = colon == std::string::npos ? "" : source.substr(colon + 1);
  const auto entry = std::ranges::find_if(entries, [&](const auto& e) { return name == e.name; });
  if (entry == entries.end()) throw ConfigError("[data.source] " + unknown_name(name, dataset_names()));
  const bool takes_argument = *entry->argument != '\0';
  require<ConfigError>(takes_argument == !argument.empty(), "[data.source] expected \"{}{}{}\", got \"{}\"",
                       entry->name, takes_argument ? ":" : "", entry->argument, source);
  return entry->load(argument, options);
}

Shape sample_shape(const Dataset& data) {
  const Shape& shape = data.x.shape();
  return Shape(std::span(shape.begin() + 1, shape.end()));
}

Dataset subset(const Dataset& data, std::span<const std::int64_t> indices) {
  const auto rows = [&](const Tensor& x) {
    Tensor result = Tensor::empty(with_extent(x.shape(), 0, std::ssize(indices)));
    const std::int64_t width = x.extent(0) > 0 ? x.size() / x.extent(0) : 0;
    const auto from = x.data<float>();
    auto to = result.data<float>();
    for (std::size_t i = 0; i < indices.size(); ++i) {
      require<ShapeError>(indices[i] >= 0 && indices[i] < x.extent(0), "[subset] expected a row in [0, {}), got {}",
                          x.extent(0), indices[i]);
      std::copy_n(from.begin() + indices[i] * width, width, to.begin() + static_cast<std::int64_t>(i) * width);
    }
    return result;
  };
  Dataset result = data;
  result.x = rows(data.x);
  if (data.target.defined()) result.target = rows(data.target);
  result.labels = rows_of(data.labels, indices, 1);
  result.captions = rows_of(data.captions, indices, 1);
  result.tokens = rows_of(data.tokens, indices, std::ssize(data.tokens) / std::max<std::int64_t>(data.size(), 1));
  result.held_out = rows_of(data.held_out, indices, 1);
  result.pairs = rows_of(data.pairs, indices, 1);
  return result;
}

std::filesystem::path shipped_data(const std::string& file) {
  std::vector<std::filesystem::path> places;
  if (const char* folder = std::getenv("FOKKER_DATA"); folder && *folder) places.emplace_back(folder);
  for (const auto& folder : shipped_folders()) places.push_back(folder / "data");
  std::error_code ignored;
  std::string searched;
  for (const auto& place : places) {
    if (std::filesystem::is_regular_file(place / file, ignored)) return place / file;
    searched += (searched.empty() ? "" : ", ") + place.string();
  }
  throw IoError(fmt::format("[data] {} is in none of {}; set FOKKER_DATA to the folder that has it", file, searched));
}

}  // namespace fokker
