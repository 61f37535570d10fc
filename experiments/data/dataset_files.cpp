#include "fokker/experiments/data/dataset_files.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <sstream>
#include <tuple>

#include "fokker/core/config/config.h"
#include "fokker/core/io/file.h"
#include "fokker/core/io/hdf5_foreign.h"
#include "fokker/core/ops/elementwise.h"
#include "fokker/experiments/data/csv_table.h"
#include "fokker/experiments/data/idx.h"
#include "fokker/experiments/data/mnist.h"
#include "fokker/experiments/data/npy.h"
#include "fokker/experiments/data/shipped.h"

namespace fokker {
namespace {

namespace fs = std::filesystem;

/// Samples of any file as [N, D] or [N, height, width, channels].  Grey images get their channel.
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

/// Checks the content of a file, and keeps its first samples.
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

/// The content that a child process reads from a file: x, label, and attributes.
Hdf5Content read_content(const Hdf5File& file, const std::string& dataset, std::int64_t n, const std::string& name) {
  Hdf5Content content;
  content.tensors["x"] = file.read(dataset, Dtype::f32, n);
  require<ConfigError>(content.tensors["x"].rank() > 0, "[{}#{}] expected samples, got one number", name, dataset);
  const std::string label = dataset.substr(0, dataset.rfind('/') + 1) + "label";
  if (label != dataset && file.contains(label)) {
    const std::int64_t labels = file.shape(label).size(), samples = file.shape(dataset)[0];
    require<ConfigError>(labels == samples, "[{}#{}] expected {} labels, one a sample, got {}", name, label, samples,
                         labels);
    content.tensors["label"] = file.read(label, Dtype::f64, n);
  }
  for (const char* key : {"source", "licence"})
    if (file.has_attribute("/", key)) content.attributes[key] = file.attribute("/", key);
  for (const char* key : {"features", "value_range"})
    if (file.has_attribute(dataset, key)) content.attributes[key] = file.attribute(dataset, key);
  return content;
}

std::string text_of(const Hdf5Content& content, const std::string& name) {
  const auto found = content.attributes.find(name);
  const auto* text = found == content.attributes.end() ? nullptr : std::get_if<std::string>(&found->second);
  return text ? *text : std::string{};
}

/// The lines of the attribute "features" of a table, which are the names of its columns.
std::vector<std::string> feature_names(const Hdf5Content& content, const std::string& where, const Tensor& x) {
  std::vector<std::string> names;
  std::istringstream lines(text_of(content, "features"));
  for (std::string line; std::getline(lines, line);) names.push_back(line);
  require<ConfigError>(names.empty() || (x.rank() == 2 && std::ssize(names) == x.extent(1)),
                       "[{}] expected the attribute features to name the columns, one a line, got {} names for {}",
                       where, names.size(), to_string(x.shape()));
  return names;
}

/// The attribute "value_range" of a dataset, or the range of its values.
ValueRange value_range(const Hdf5Content& content, const std::string& where, const Tensor& x) {
  const auto found = content.attributes.find("value_range");
  if (found == content.attributes.end()) return range_of(x);
  const auto* ends = std::get_if<std::vector<double>>(&found->second);
  require<ConfigError>(
      ends && ends->size() == 2 && std::isfinite((*ends)[0]) && std::isfinite((*ends)[1]) && (*ends)[0] < (*ends)[1],
      "[{}] expected the attribute value_range = [low, high]", where);
  return {(*ends)[0], (*ends)[1]};
}

/// Loads samples `dataset` of a file.  Labels are the dataset "label" of the same group, where there is one.
Dataset read_hdf5(const fs::path& path, const std::string& dataset, const DatasetOptions& options) {
  const std::string name = dataset.starts_with('/') ? dataset : "/" + dataset;
  const std::string where = path.string() + "#" + dataset;
  const auto bytes = read_file(path);
  Hdf5Content content = read_foreign(
      bytes, path.string(), [&](const Hdf5File& file) { return read_content(file, name, options.n, path.string()); });
  Dataset data{.x = content.tensors.at("x"), .name = path.filename().string() + "#" + dataset};
  data.source = text_of(content, "source");
  if (const auto licence = text_of(content, "licence"); !licence.empty()) data.source += " (" + licence + ")";
  if (data.source.empty()) data.source = path.string();
  if (const auto label = content.tensors.find("label"); label != content.tensors.end())
    data.labels = to_labels(label->second, path.string() + "#" + name.substr(0, name.rfind('/') + 1) + "label");
  data = finish(std::move(data), path, options);
  data.features = feature_names(content, where, data.x);
  data.range = value_range(content, where, data.x);
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
  require<ConfigError>(values.rank() > 0 && values.size() == values.extent(0),
                       "[{}] expected one label a sample, [samples], got {}", where, to_string(values.shape()));
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
  // The name of a file may hold commas, too.
  std::size_t comma = argument.find(',');
  for (std::size_t at = comma; at != std::string::npos; at = argument.find(',', at + 1))
    if (fs::exists(argument.substr(0, at))) {
      comma = at;
      break;
    }
  if (fs::exists(argument)) comma = std::string::npos;
  const fs::path file = argument.substr(0, comma);
  std::vector<std::string> names;
  for (std::istringstream rest(comma == std::string::npos ? "" : argument.substr(comma + 1)); rest;)
    if (std::string name; std::getline(rest, name, ',')) names.push_back(name);
  const std::string label = names.empty() ? "" : names.front();
  Dataset data = read_csv_table(file, label, {names.begin() + !names.empty(), names.end()});
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
