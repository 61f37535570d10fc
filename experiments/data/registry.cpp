#include "fokker/experiments/data/registry.h"

#include <algorithm>
#include <array>

#include "fokker/core/base/error.h"
#include "fokker/core/base/registry.h"
#include "fokker/experiments/data/dataset_files.h"
#include "fokker/experiments/data/scenes.h"
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
                 "a table with a header; LABEL is the column of labels, by default the last, or - for none; columns "
                 "without numbers, and the CATEGORICAL ones, are categories",
                 load_csv},
    DatasetEntry{"hdf5", "PATH#DATASET", "an HDF5 dataset [samples, …], labelled by the dataset \"label\" beside it",
                 load_hdf5},
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
    DatasetEntry{"gaussian_anomalies", "",
                 "gaussian_features with a quarter of the samples 3 deviations off, which have label 1",
                 load_toy<gaussian_anomalies>},
    DatasetEntry{
        "breast_cancer", "",
        "UCI breast cancer (WDBC): a table of 569 tumours, 30 features, benign or malignant; comes with Fokker",
        load_breast_cancer},
    DatasetEntry{"styles", "", "the digits in five styles: plain, thin, bold, slanted and inverted; labels are styles",
                 digit_styles},
    DatasetEntry{
        "scenes", "",
        "captioned scenes of 16 × 16 composed of the digits, such as \"a 3 above a 7\"; other captions held out",
        load_toy<scenes>},
    DatasetEntry{"regression_toy", "", "independent normal inputs and targets of 100 numbers",
                 load_toy<regression_toy>}};
constexpr Registry table("[data.source]", entries);

}  // namespace

std::span<const DatasetEntry> dataset_entries() { return entries; }

std::vector<std::string> dataset_names() { return table.names(); }

Dataset load_dataset(const std::string& source, const DatasetOptions& options) {
  require<ConfigError>(options.n >= 0, "[data.n] expected n ≥ 0, got {}", options.n);
  const auto colon = source.find(':');
  const std::string name = source.substr(0, colon);
  const std::string argument = colon == std::string::npos ? "" : source.substr(colon + 1);
  const DatasetEntry& entry = table.at(name);
  const bool takes_argument = *entry.argument != '\0';
  require<ConfigError>(takes_argument == !argument.empty(), "[data.source] expected \"{}{}{}\", got \"{}\"", entry.name,
                       takes_argument ? ":" : "", entry.argument, source);
  return entry.load(argument, options);
}

}  // namespace fokker
