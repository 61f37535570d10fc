#include "fokker/experiments/dataset_files.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <sstream>
#include <tuple>

#include "fokker/core/config.h"
#include "fokker/core/file.h"
#include "fokker/core/hdf5.h"
#include "fokker/core/ops/elementwise.h"
#include "fokker/experiments/csv_table.h"
#include "fokker/experiments/idx.h"
#include "fokker/experiments/mnist.h"
#include "fokker/experiments/npy.h"
#include "fokker/experiments/scenes.h"
#include "fokker/experiments/signals.h"
#include "fokker/experiments/styles.h"
#include "fokker/experiments/toys.h"

namespace fokker {
namespace {

namespace fs = std::filesystem;

/// Samples of any file as [N, D] or [N, height, width, channels]: grey images get their channel.
Tensor with_channel(const Tensor& x, const std::string& where) {
  require<ConfigError>(
      x.rank() >= 1 && x.rank() <= 4 && x.size() > 0,
      "[{}] expected [samples, features], [samples, height, width] or [samples, height, width, channels], "
      "got {}",
      where, to_string(x.shape()));
  if (x.rank() == 1) return x.view({x.extent(0), 1});
  return x.rank() == 3 ? x.view({x.extent(0), x.extent(1), x.extent(2), 1}) : x;
}

void check_finite(const Dataset& data, const std::string& where) {
  const auto values = data.x.data<float>();
  const auto bad = std::ranges::find_if(values, [](float v) { return !std::isfinite(v); }) - values.begin();
  require<ConfigError>(bad == std::ssize(values),
                       "[{}] expected finite values, got {} in sample {}; set data.remove_missing, or remove it", where,
                       bad < std::ssize(values) ? values[bad] : 0, bad / (data.x.size() / data.size()));
}

/// Checks what a file gave, and keeps its first samples.
Dataset finish(Dataset data, const fs::path& file, const DatasetOptions& options) {
  const std::string where = file.string();
  data.x = with_channel(cast(data.x.detach(), Dtype::f32), where);
  require_labels_fit(data, where);
  if (!options.allow_missing) check_finite(data, where);
  if (options.n > 0 && options.n < data.size()) {
    data.x = data.x.rows(0, options.n).clone();
    if (!data.labels.empty()) data.labels.resize(static_cast<std::size_t>(options.n));
  }
  data.sha256 = sha256(read_file(file));
  return data;
}

// --- files ----------------------------------------------------------------------------------------------------------

std::string text_attribute(const Hdf5File& file, const std::string& path, const std::string& name) {
  if (!file.has_attribute(path, name)) return {};
  const Attribute value = file.attribute(path, name);
  return std::holds_alternative<std::string>(value) ? std::get<std::string>(value) : std::string{};
}

/// The lines of the attribute "features" of a table, its columns' names.
std::vector<std::string> feature_names(const Hdf5File& file, const std::string& dataset, const Tensor& x) {
  std::vector<std::string> names;
  std::istringstream lines(text_attribute(file, dataset, "features"));
  for (std::string line; std::getline(lines, line);) names.push_back(line);
  require<ConfigError>(names.empty() || (x.rank() == 2 && std::ssize(names) == x.extent(1)),
                       "[{}] expected the attribute features to name the columns, one a line, got {} names for {}",
                       dataset, names.size(), to_string(x.shape()));
  return names;
}

/// Samples `dataset` of a file; labels are the dataset "label" of the same group, where there is one.
Dataset read_hdf5(const fs::path& path, const std::string& dataset, const DatasetOptions& options) {
  const Hdf5File file = Hdf5File::open(path);
  const std::string name = dataset.starts_with('/') ? dataset : "/" + dataset;
  Dataset data{.x = file.read(name), .name = path.filename().string() + "#" + dataset};
  data.source = text_attribute(file, "/", "source");
  if (const auto licence = text_attribute(file, "/", "licence"); !licence.empty()) data.source += " (" + licence + ")";
  if (data.source.empty()) data.source = path.string();
  const std::string label = name.substr(0, name.rfind('/') + 1) + "label";
  if (label != name && file.contains(label)) data.labels = to_labels(file.read(label), path.string() + "#" + label);
  data = finish(std::move(data), path, options);
  data.features = feature_names(file, name, data.x);
  data.range = range_of(data.x);
  if (file.has_attribute(name, "value_range")) {
    const Attribute range = file.attribute(name, "value_range");
    const auto* ends = std::get_if<std::vector<double>>(&range);
    require<ConfigError>(ends && ends->size() == 2 && (*ends)[0] < (*ends)[1],
                         "[{}#{}] expected the attribute value_range = [low, high]", path.string(), dataset);
    data.range = {(*ends)[0], (*ends)[1]};
  }
  return data;
}

Dataset load_shipped(const std::string& name, const std::string& dataset, const DatasetOptions& options) {
  Dataset data = read_hdf5(shipped_data(name + ".h5"), dataset, options);
  data.name = name;
  return data;
}

}  // namespace

std::vector<std::int64_t> to_labels(const Tensor& values, const std::string& where) {
  constexpr std::int64_t most_classes = 65'536;
  std::vector<std::int64_t> labels;
  for (const double value : values.to_vector()) {
    require<ConfigError>(value >= 0 && value < most_classes && value == std::floor(value),
                         "[{}] expected labels 0, 1, 2, …, got {}", where, value);
    labels.push_back(static_cast<std::int64_t>(value));
  }
  return labels;
}

void require_labels_fit(const Dataset& data, const std::string& where) {
  require<ConfigError>(data.labels.empty() || std::ssize(data.labels) == data.size(),
                       "[{}] expected {} labels, one a sample, got {}", where, data.size(), data.labels.size());
}

ValueRange range_of(const Tensor& x) {
  ValueRange range{INFINITY, -INFINITY};
  for (const float v : x.data<float>())
    if (std::isfinite(v)) range = {std::min<double>(range.low, v), std::max<double>(range.high, v)};
  return range.low <= range.high ? range : ValueRange{};
}

Dataset load_idx(const std::string& argument, const DatasetOptions& options) {
  const auto comma = argument.find(',');
  fs::path images = argument.substr(0, comma);
  fs::path labels = comma == std::string::npos ? "" : argument.substr(comma + 1);
  if (fs::is_directory(images)) std::tie(images, labels) = mnist_files(images);
  Dataset data{.x = read_idx(images), .name = images.filename().string(), .range = {0, 255}, .source = images.string()};
  if (!labels.empty()) data.labels = to_labels(read_idx(labels), labels.string());
  const ValueRange seen = data.x.size() > 0 ? range_of(data.x) : data.range;
  if (seen.low < 0 || seen.high > 255) data.range = seen;
  return finish(std::move(data), images, options);
}

Dataset load_mnist(const std::string&, const DatasetOptions& options) {
  Dataset data = load_idx(mnist_folder().string(), options);
  data.name = "mnist";
  return data;
}

Dataset load_npy(const std::string& argument, const DatasetOptions& options) {
  const fs::path file = argument;
  Dataset data{.x = read_npy(file), .name = file.filename().string(), .source = file.string()};
  data = finish(std::move(data), file, options);
  data.range = range_of(data.x);
  return data;
}

Dataset load_hdf5(const std::string& argument, const DatasetOptions& options) {
  const auto mark = argument.rfind('#');
  require<ConfigError>(mark != std::string::npos && mark > 0 && mark + 1 < argument.size(),
                       "[data.source] expected \"hdf5:PATH#dataset\", got \"hdf5:{}\"", argument);
  return read_hdf5(argument.substr(0, mark), argument.substr(mark + 1), options);
}

Dataset load_csv(const std::string& argument, const DatasetOptions& options) {
  const auto comma = argument.rfind(',');
  const fs::path file = argument.substr(0, comma);
  Dataset data = read_csv_table(file, comma == std::string::npos ? "" : argument.substr(comma + 1));
  data = finish(std::move(data), file, options);
  data.range = range_of(data.x);
  return data;
}

Dataset load_digits(const std::string&, const DatasetOptions& options) {
  return load_shipped("digits", "image", options);
}

Dataset load_breast_cancer(const std::string&, const DatasetOptions& options) {
  return load_shipped("breast_cancer", "x", options);
}

}  // namespace fokker
