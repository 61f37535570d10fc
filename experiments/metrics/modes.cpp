#include "fokker/experiments/metrics/modes.h"

#include <algorithm>
#include <cmath>

#include "fokker/core/ops/elementwise.h"
#include "fokker/experiments/statistics/neighbours.h"

namespace fokker {
namespace {

constexpr double deviations = 4;  // reach in deviations of a coordinate, for points
constexpr double distances = 2;   // reach in root mean square distances, for features

}  // namespace

Modes::Balls Modes::balls(const Tensor& x, const std::vector<std::int64_t>& labels, std::int64_t modes, double reach) {
  const std::int64_t n = x.extent(0), width = x.size() / n;
  Balls result{Tensor::zeros({modes, width}, Dtype::f64), std::vector<double>(static_cast<std::size_t>(modes))};
  const auto mean = result.mean.data<double>();
  const Tensor wide = cast(x.detach(), Dtype::f64);
  const auto values = wide.data<double>();
  std::vector<double> size(result.reach.size());
  for (const std::int64_t label : labels) size[static_cast<std::size_t>(label)] += 1;
  const auto label_at = [&](std::int64_t i) {
    return static_cast<std::size_t>(labels[static_cast<std::size_t>(i / width)]);
  };
  const auto mean_at = [&](std::int64_t i) -> double& {
    return mean[label_at(i) * static_cast<std::size_t>(width) + static_cast<std::size_t>(i % width)];
  };
  for (std::int64_t i = 0; i < n * width; ++i) mean_at(i) += values[i] / size[label_at(i)];
  for (std::int64_t i = 0; i < n * width; ++i)
    result.reach[label_at(i)] += (values[i] - mean_at(i)) * (values[i] - mean_at(i)) / size[label_at(i)];
  for (double& distance : result.reach) distance = reach * std::sqrt(distance);
  return result;
}

Modes::Modes(const Dataset& training, std::function<Tensor(const Tensor&)> features)
    : features_of_(std::move(features)) {
  const std::int64_t modes = training.classes();
  require<ConfigError>(
      modes >= 2, "[evaluate.metrics] modes are the classes of labelled data, and \"{}\" has {}; leave \"modes\" out",
      training.name, modes);
  const double width = static_cast<double>(training.x.size()) / static_cast<double>(training.size());
  values_ = balls(training.x, training.labels, modes, features_of_ ? distances : deviations / std::sqrt(width));
  if (features_of_) features_ = balls(features_of_(training.x), training.labels, modes, distances);
}

std::vector<std::int64_t> Modes::of(const Tensor& x) const {
  std::vector<std::int64_t> result(static_cast<std::size_t>(x.extent(0)), -1);
  const auto nearest = [&](const Tensor& rows, const Balls& balls) {
    for_each_distance_row(rows, balls.mean, [&](std::int64_t row, std::span<double> squared) {
      const auto mode = static_cast<std::size_t>(std::ranges::min_element(squared) - squared.begin());
      if (squared[mode] <= balls.reach[mode] * balls.reach[mode])
        result[static_cast<std::size_t>(row)] = static_cast<std::int64_t>(mode);
    });
  };
  if (!features_of_) {
    nearest(x, values_);
    return result;
  }
  nearest(cast(features_of_(x), Dtype::f64), features_);
  for_each_distance_row(x, values_.mean, [&](std::int64_t row, std::span<double> squared) {
    std::int64_t& mode = result[static_cast<std::size_t>(row)];
    if (mode < 0) return;
    const double reach = values_.reach[static_cast<std::size_t>(mode)];
    if (squared[static_cast<std::size_t>(mode)] > reach * reach) mode = -1;
  });
  return result;
}

ModeCoverage mode_coverage(const std::vector<std::int64_t>& modes, std::int64_t count, double share) {
  std::vector<double> held(static_cast<std::size_t>(count));
  double inside = 0;
  for (const std::int64_t mode : modes)
    if (mode >= 0) held[static_cast<std::size_t>(mode)] += 1, inside += 1;
  const double least = share * static_cast<double>(modes.size()) / static_cast<double>(count);
  const auto covered = std::ranges::count_if(held, [&](double n) { return n > 0 && n >= least; });
  return {static_cast<double>(covered), inside / static_cast<double>(modes.size())};
}

}  // namespace fokker
