#include "fokker/experiments/data/describe.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "fokker/core/base/quantile.h"
#include "fokker/experiments/data/csv_table.h"
#include "fokker/experiments/data/scaling.h"
#include "fokker/experiments/data/split.h"
#include "fokker/experiments/statistics/neighbours.h"

namespace fokker {
namespace {

constexpr double near = 0.01;  // share of the range
constexpr double far = 3;      // multiple of the median
constexpr int outlier_neighbour = 5;

bool is_table(const Dataset& data) { return data.x.rank() == 2 && !data.signals; }

FeatureSummary summary(std::string name, std::vector<float> values) {
  const auto all = std::ssize(values);
  std::erase_if(values, [](float v) { return !std::isfinite(v); });
  FeatureSummary result{std::move(name), NAN, NAN, NAN, NAN, NAN, 0, all - std::ssize(values)};
  if (values.empty()) return result;
  std::ranges::sort(values);
  double sum = 0, squares = 0;
  for (const float v : values) sum += v;
  result.mean = sum / static_cast<double>(values.size());
  for (const float v : values) squares += (v - result.mean) * (v - result.mean);
  result.deviation = std::sqrt(squares / static_cast<double>(values.size()));
  result.low = values.front();
  result.high = values.back();
  result.median = median({values.begin(), values.end()});
  result.distinct = std::unique(values.begin(), values.end()) - values.begin();
  return result;
}

std::vector<FeatureSummary> summaries(const Dataset& data) {
  const auto values = data.x.data<float>();
  if (!is_table(data)) return {summary(data.images() ? "pixels" : "values", {values.begin(), values.end()})};
  const std::int64_t columns = data.x.extent(1);
  std::vector<FeatureSummary> result;
  for (std::int64_t j = 0; j < columns; ++j) {
    std::vector<float> column;
    for (std::int64_t i = 0; i < data.size(); ++i) column.push_back(values[i * columns + j]);
    const bool named = std::ssize(data.features) == columns;
    result.push_back(summary(named ? data.features[j] : fmt::format("feature {}", j), std::move(column)));
  }
  return result;
}

/// Rows whose values are all finite.
std::vector<std::int64_t> complete_rows(const Dataset& data) {
  const std::int64_t width = data.x.size() / data.size();
  const auto values = data.x.data<float>();
  std::vector<std::int64_t> rows;
  for (std::int64_t i = 0; i < data.size(); ++i)
    if (std::ranges::all_of(values.subspan(i * width, width), [](float v) { return std::isfinite(v); }))
      rows.push_back(i);
  return rows;
}

std::int64_t constant_elements(const Dataset& data) {
  const std::int64_t width = data.x.size() / data.size();
  const auto values = data.x.data<float>();
  std::int64_t count = 0;
  for (std::int64_t j = 0; j < width; ++j) {
    bool constant = true;
    for (std::int64_t i = 1; i < data.size() && constant; ++i) constant = values[i * width + j] == values[j];
    count += constant;
  }
  return count;
}

void count_copies(const Dataset& data, DataDescription& found) {
  const auto first = first_copies(data);
  std::vector<std::int64_t> distinct;
  for (std::int64_t i = 0; i < data.size(); ++i) {
    if (first[i] == i) {
      distinct.push_back(i);
      continue;
    }
    ++found.duplicates;
    found.conflicts += !data.labels.empty() && data.labels[i] != data.labels[first[i]];
  }
  distinct.resize(std::min<std::size_t>(distinct.size(), most_compared));
  if (std::ssize(distinct) <= outlier_neighbour) return;
  const Dataset part = subset(data, distinct);
  const std::int64_t width = part.x.size() / part.size();
  // The columns of a table have units of their own.
  const bool table = is_table(data);
  const Tensor x = make_scaling(table ? "standardise" : "none", part).apply(part.x).view({part.size(), width});
  const double unit = table ? 1 : data.range.high - data.range.low;
  const double reach = near * unit * std::sqrt(static_cast<double>(width));
  for (const double d : neighbour_distances(x, x, 1, Self::leave_out)) found.near_duplicates += d <= reach;
  const auto distances = neighbour_distances(x, x, outlier_neighbour, Self::leave_out);
  const double usual = median(distances);
  for (const double d : distances) found.outliers += d > far * usual;
}

}  // namespace

DataDescription describe(const Dataset& data) {
  require<ConfigError>(data.size() > 0, "[data] expected at least one sample, got none from \"{}\"", data.name);
  DataDescription found{.name = data.name,
                        .source = data.source,
                        .sha256 = data.sha256,
                        .shape = data.x.shape(),
                        .features = summaries(data),
                        .categorical = categorical_columns(data.features)};
  const auto values = data.x.data<float>();
  found.whole_numbers = std::ranges::all_of(values, [](float v) { return !std::isfinite(v) || v == std::floor(v); });
  const auto rows = complete_rows(data);
  found.missing_samples = data.size() - std::ssize(rows);
  found.class_counts.resize(static_cast<std::size_t>(data.classes()));
  for (const auto label : data.labels) ++found.class_counts[label];
  if (rows.empty()) return found;
  const Dataset complete = subset(data, rows);
  found.constant = constant_elements(complete);
  count_copies(complete, found);
  return found;
}

std::vector<std::string> description_lines(const DataDescription& d) {
  std::vector<std::string> lines = {
      fmt::format("data       {} ({})", d.name, d.source),
      fmt::format("SHA-256    {}", d.sha256),
      fmt::format("samples    {}, each {}", d.shape[0],
                  to_string(Shape(std::span(d.shape.begin() + 1, d.shape.end())))),
      fmt::format("values     {}", d.whole_numbers ? "whole numbers" : "real numbers"),
      fmt::format("missing    {} samples with values that are not finite", d.missing_samples),
      fmt::format("constant   {} elements are equal in all samples", d.constant),
      fmt::format(
          "copies     {} samples repeat an earlier one, {} of them under another label; {} more lie within {} of "
          "the range, of a table the deviation, of another",
          d.duplicates, d.conflicts, d.near_duplicates, near),
      fmt::format("outliers   {} samples lie farther from neighbour {} than {} times the median", d.outliers,
                  outlier_neighbour, far)};
  if (!d.categorical.empty()) lines.push_back(fmt::format("categories {}", d.categorical));
  if (!d.class_counts.empty()) {
    lines.push_back(fmt::format("classes    {}", std::ranges::count_if(d.class_counts, [](auto n) { return n > 0; })));
    for (std::size_t c = 0; c < d.class_counts.size(); ++c)
      lines.push_back(fmt::format("  {:<8} {} samples, {:.1f} %", c, d.class_counts[c],
                                  100. * static_cast<double>(d.class_counts[c]) / static_cast<double>(d.shape[0])));
  }
  std::size_t width = 7;
  for (const auto& f : d.features) width = std::max(width, f.name.size());
  lines.push_back(fmt::format("{:<{}} {:>11} {:>11} {:>11} {:>11} {:>11} {:>9} {:>8}", "feature", width, "low",
                              "median", "high", "mean", "deviation", "distinct", "missing"));
  for (const auto& f : d.features)
    lines.push_back(fmt::format("{:<{}} {:>11.5g} {:>11.5g} {:>11.5g} {:>11.5g} {:>11.5g} {:>9} {:>8}", f.name, width,
                                f.low, f.median, f.high, f.mean, f.deviation, f.distinct, f.missing));
  return lines;
}

}  // namespace fokker
