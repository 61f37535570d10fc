#include "fokker/experiments/data/prepare.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <utility>

#include "fokker/core/base/quantile.h"
#include "fokker/core/ops/rng.h"
#include "fokker/experiments/data/batch.h"
#include "fokker/experiments/data/class_steps.h"
#include "fokker/experiments/data/csv_table.h"
#include "fokker/experiments/data/dataset_files.h"
#include "fokker/experiments/data/registry.h"
#include "fokker/experiments/data/split.h"
#include "fokker/experiments/statistics/neighbours.h"

namespace fokker {
namespace {

using Indices = std::vector<std::int64_t>;

Tensor flat(const Tensor& x) { return x.view({x.extent(0), x.extent(0) > 0 ? x.size() / x.extent(0) : 0}); }

// --- missing values -------------------------------------------------------------------------------------------------

std::string remove_missing(Prepared& data, const DataConfig&, std::uint64_t) {
  const std::int64_t before = data.training.size(), width = data.training.x.size() / before;
  const auto values = std::as_const(data.training.x).data<float>();
  Indices kept;
  for (std::int64_t row = 0; row < before; ++row)
    if (std::ranges::all_of(values.subspan(row * width, width), [](float v) { return std::isfinite(v); }))
      kept.push_back(row);
  keep_rows(data, kept);
  return fmt::format("{} of {} samples have values that are not finite", before - std::ssize(kept), before);
}

// --- duplicates -----------------------------------------------------------------------------------------------------

bool removes_duplicates(const DataConfig& config) { return config.remove_duplicates || config.near_duplicates > 0; }

/// The rows that have no earlier kept row within `reach` of them.
Indices without_near_copies(const Tensor& x, double reach) {
  std::vector<Indices> near(static_cast<std::size_t>(x.extent(0)));
  for_each_distance_row(x, x, [&](std::int64_t row, std::span<double> squared) {
    for (std::int64_t j = 0; j < row; ++j)
      if (squared[j] <= reach * reach) near[row].push_back(j);
  });
  std::vector<bool> dropped(near.size());
  Indices kept;
  for (std::size_t row = 0; row < near.size(); ++row) {
    dropped[row] = std::ranges::any_of(near[row], [&](std::int64_t j) { return !dropped[j]; });
    if (!dropped[row]) kept.push_back(static_cast<std::int64_t>(row));
  }
  return kept;
}

std::string remove_duplicates(Prepared& data, const DataConfig& config, std::uint64_t) {
  const std::int64_t before = data.training.size();
  const Indices first = first_copies(data.training);
  Indices kept;
  for (std::int64_t row = 0; row < before; ++row)
    if (first[row] == row) kept.push_back(row);
  const std::int64_t exact = before - static_cast<std::int64_t>(kept.size());
  keep_rows(data, kept);
  std::string change = fmt::format("{} of {} samples repeat an earlier one", exact, before);
  if (config.near_duplicates > 0) {
    const Tensor x = flat(data.training.x);
    const double width = data.range.high - data.range.low;
    const std::int64_t distinct = data.training.size();
    keep_rows(data,
              without_near_copies(x, config.near_duplicates * width * std::sqrt(static_cast<double>(x.extent(1)))));
    change += fmt::format(", {} more lie within {} of the range of one", distinct - data.training.size(),
                          config.near_duplicates);
  }
  return change;
}

// --- outliers -------------------------------------------------------------------------------------------------------

constexpr int outlier_neighbours = 5;

std::string remove_outliers(Prepared& data, const DataConfig& config, std::uint64_t) {
  const std::int64_t before = data.training.size();
  require<ConfigError>(before > outlier_neighbours, "[data.remove_outliers] expected more than {} samples, got {}",
                       outlier_neighbours, before);
  const Tensor x = flat(data.training.x);
  const auto distance = neighbour_distances(x, x, outlier_neighbours, Self::leave_out);
  const double limit = config.remove_outliers * median(distance);
  Indices kept;
  for (std::int64_t row = 0; row < before; ++row)
    if (distance[row] <= limit) kept.push_back(row);
  keep_rows(data, kept);
  return fmt::format("{} of {} samples lie farther than {} from their neighbour {}, {} times the median",
                     before - data.training.size(), before, limit, outlier_neighbours, config.remove_outliers);
}

// --- split and balance ----------------------------------------------------------------------------------------------

std::string split(Prepared& data, const DataConfig& config, std::uint64_t seed) {
  const Indices original = data.training_index;
  const Dataset all = data.training;
  require<ConfigError>(config.split != "own" || !all.held_out.empty(),
                       "[data.split] expected \"random\" or \"auto\": \"{}\" comes without a split of its own",
                       all.name);
  const bool own = !all.held_out.empty() && config.split != "random";
  const Split parts = split_rows(all, {config.held_out, config.stratify, seed, own});
  const auto take = [&](const Indices& rows, Dataset& part, Indices& index) {
    part = subset(all, rows);
    index.clear();
    for (const auto row : rows) index.push_back(original[row]);
  };
  take(parts.training, data.training, data.training_index);
  take(parts.held_out, data.held_out, data.held_out_index);
  return fmt::format("{} samples for training, {} held out{}", data.training.size(), data.held_out.size(),
                     own                                      ? ", as the data themselves say"
                     : config.stratify && !all.labels.empty() ? ", with equal shares of the classes"
                                                              : "");
}

// --- values ---------------------------------------------------------------------------------------------------------

/// Adds noise u to whole numbers x.  u depends on (seed, original row), so that copies of a sample stay copies.
void dequantise_part(Dataset& part, const Indices& index, std::uint64_t seed) {
  if (part.size() == 0) return;
  const std::int64_t width = part.x.size() / part.size();
  const auto values = std::as_const(part.x).data<float>();
  for (std::size_t i = 0; i < values.size(); ++i)
    require<ConfigError>(values[i] == std::floor(values[i]),
                         "[data.dequantise] expected whole numbers, got {} in sample {}; "
                         "set it to false",
                         values[i], index[i / static_cast<std::size_t>(width)]);
  part.x = add_uniform(part.x, index, Rng(seed, Stream::data).fork(4));
  part.range.high += 1;
}

std::string dequantise(Prepared& data, const DataConfig&, std::uint64_t seed) {
  dequantise_part(data.training, data.training_index, seed);
  dequantise_part(data.held_out, data.held_out_index, seed);
  dequantise_part(data.excluded, data.excluded_index, seed);
  return fmt::format("uniform noise in [0, 1) added; values lie in [{}, {})", data.training.range.low,
                     data.training.range.high);
}

std::string scale(Prepared& data, const DataConfig& config, std::uint64_t) {
  const std::string kind = scaling_kind(config.scaling, data.training);
  data.scaling = make_scaling(kind, data.training);
  for (Dataset* part : {&data.training, &data.held_out, &data.excluded}) {
    part->signals |= kind == "standardise_all" && part->x.rank() == 2;  // values of one quantity
    part->range = data.scaling.apply(part->range);
    if (part->size() > 0) part->x = data.scaling.apply(part->x);
  }
  return fmt::format("{}: values lie in [{:.4g}, {:.4g}]", kind, data.training.range.low, data.training.range.high);
}

/// Turns captions into the numbers of the words of the training captions.
void read_captions(Prepared& data) {
  data.tokenizer = Tokenizer(data.training.captions);
  for (Dataset* part : {&data.training, &data.held_out}) part->tokens = data.tokenizer(part->captions);
}

bool always(const DataConfig&) { return true; }

constexpr std::array steps{
    PreparationStep{"missing", "removes samples with values that are not finite",
                    [](const DataConfig& config) { return config.remove_missing; }, remove_missing},
    PreparationStep{"exclude", "takes the samples of classes out",
                    [](const DataConfig& config) { return !config.exclude_classes.empty(); }, exclude_classes},
    PreparationStep{"duplicates", "removes copies of earlier samples", removes_duplicates, remove_duplicates},
    PreparationStep{"outliers", "removes samples far from their neighbours",
                    [](const DataConfig& config) { return config.remove_outliers > 0; }, remove_outliers},
    PreparationStep{"split", "holds a part out; copies of one sample stay together", always, split},
    PreparationStep{"thin", "keeps a share of one class for training, to study imbalance",
                    [](const DataConfig& config) { return config.thin_class >= 0; }, thin_class},
    PreparationStep{"balance", "repeats training samples until the classes are equally frequent",
                    [](const DataConfig& config) { return config.balance; }, balance_classes},
    PreparationStep{"dequantise", "adds uniform noise of one step to whole numbers",
                    [](const DataConfig& config) { return config.dequantise; }, dequantise},
    PreparationStep{"scale", "brings the values to the units of the network", always, scale}};

void check(const Dataset& data, const DataConfig& config) {
  require<ConfigError>(data.size() >= 1, "[data] expected at least one sample, got none from \"{}\"", data.name);
  require_labels_fit(data, "data");
  require<ShapeError>(!data.target.defined() || (data.target.rank() > 0 && data.target.extent(0) == data.size()),
                      "[data] expected a target for each of {} samples, got {}", data.size(),
                      to_string(data.target.shape()));
  require<ConfigError>(config.held_out >= 0 && config.held_out < 1,
                       "[data.held_out] expected a share in [0, 1), got {}", config.held_out);
  require<ConfigError>(config.near_duplicates >= 0 && config.near_duplicates < 1,
                       "[data.near_duplicates] expected a share of the range in [0, 1), got {}",
                       config.near_duplicates);
  require<ConfigError>(config.remove_outliers == 0 || config.remove_outliers > 1,
                       "[data.remove_outliers] expected 0 (off) or a multiple > 1 of the median distance, got {}",
                       config.remove_outliers);
  const Augmentation augmentation(config.augment);
  require<ConfigError>(augmentation.empty() || data.images(),
                       "[data.augment] expected images, got \"{}\" with values {}; "
                       "remove it",
                       data.name, to_string(data.x.shape()));
}

}  // namespace

Tensor add_uniform(const Tensor& x, std::span<const std::int64_t> index, const Rng& rng) {
  Tensor noisy = x.clone();
  const auto values = noisy.data<float>();
  const std::int64_t width = x.size() / x.extent(0);
  for (std::int64_t row = 0; row < x.extent(0); ++row) {
    const Tensor noise = rng.uniform({width}, Dtype::f32, static_cast<std::uint64_t>(index[row] * width));
    const auto u = std::as_const(noise).data<float>();
    for (std::int64_t k = 0; k < width; ++k) values[row * width + k] += u[k];
  }
  return noisy;
}

std::span<const PreparationStep> preparation_steps() { return steps; }

GreyLevels grey_levels(const Prepared& data) {
  constexpr double most = 4096, rounding = 1e-3;
  const auto whole = [](double v) { return std::abs(v - std::round(v)) < rounding; };
  const auto [low, high] = data.range;
  if (data.scaling.scale.size() != 1 || !whole(low) || !whole(high) || high <= low || high - low >= most) return {};
  for (const Dataset* part : {&data.training, &data.held_out}) {
    if (!part->x.defined()) continue;
    const Tensor values = data.scaling.invert(part->x);
    for (const float v : std::as_const(values).data<float>())
      if (!whole(v) || v < low - rounding || v > high + rounding) return {};
  }
  const double scale = data.scaling.scale.item();
  return {std::lround(high - low) + 1, (low - data.scaling.shift.item()) / scale, 1 / scale};
}

Prepared prepare(const Dataset& data, const DataConfig& config, std::uint64_t seed) {
  check(data, config);
  Prepared result{.training = data, .range = data.range, .config = config};
  if (data.classes() >= 2) result.original = data;
  result.held_out = result.excluded = subset(data, {});
  result.training_index.resize(static_cast<std::size_t>(data.size()));
  std::iota(result.training_index.begin(), result.training_index.end(), 0);
  if (const auto columns = categorical_columns(data.features); !columns.empty())
    result.report.push_back({"read", data.size(), data.size(), "categorical columns: " + columns});
  for (const auto& step : steps) {
    if (!step.active(config)) continue;
    const std::int64_t before = result.training.size() + result.held_out.size();
    std::string change = step.apply(result, config, seed);
    require<ConfigError>(result.training.size() >= 1, "[data] the step \"{}\" leaves no training sample: {}", step.name,
                         change);
    result.report.push_back({step.name, before, result.training.size() + result.held_out.size(), std::move(change)});
  }
  read_captions(result);
  return result;
}

Prepared prepare(const DataConfig& config, std::uint64_t seed) {
  return prepare(load_dataset(config.source, {.n = config.n, .seed = seed, .allow_missing = config.remove_missing}),
                 config, seed);
}

Dataset in_data_units(const Dataset& part, const Prepared& data) {
  Dataset result = part;
  if (part.x.defined()) result.x = data.scaling.invert(part.x);
  result.range = data.range;
  return result;
}

}  // namespace fokker
