#include "fokker/experiments/modes.h"

#include <algorithm>
#include <cmath>

#include "fokker/core/ops/elementwise.h"
#include "fokker/experiments/classifier.h"
#include "fokker/experiments/neighbours.h"

namespace fokker {
namespace {

constexpr double reach = 4;         // deviations
constexpr double confidence = 0.9;  // probability

}  // namespace

Modes::Modes(const Dataset& training, std::shared_ptr<const FeatureClassifier> classifier)
    : classifier_(std::move(classifier)), deviation_(static_cast<std::size_t>(training.classes())) {
  const std::int64_t n = training.size(), modes = training.classes(),
                     width = training.x.size() / std::max<std::int64_t>(n, 1);
  require<ConfigError>(
      modes >= 2, "[evaluate.metrics] modes are the classes of labelled data, and \"{}\" has {}; leave \"modes\" out",
      training.name, modes);
  mean_ = Tensor::zeros({modes, width}, Dtype::f64);
  const auto mean = mean_.data<double>();
  const Tensor x = cast(training.x.detach(), Dtype::f64);
  const auto values = x.data<double>();
  std::vector<double> size(deviation_.size());
  for (const std::int64_t label : training.labels) size[static_cast<std::size_t>(label)] += 1;
  for (std::int64_t i = 0; i < n * width; ++i) {
    const auto label = training.labels[static_cast<std::size_t>(i / width)];
    mean[label * width + i % width] += values[i] / size[static_cast<std::size_t>(label)];
  }
  for (std::int64_t i = 0; i < n * width; ++i) {
    const auto label = static_cast<std::size_t>(training.labels[static_cast<std::size_t>(i / width)]);
    const double far = values[i] - mean[static_cast<std::int64_t>(label) * width + i % width];
    deviation_[label] += far * far / (size[label] * static_cast<double>(width));
  }
  for (double& variance : deviation_) variance = std::sqrt(variance);
}

std::vector<std::int64_t> Modes::of(const Tensor& x) const {
  if (classifier_) return classifier_->sure_labels(x, confidence);
  std::vector<std::int64_t> result(static_cast<std::size_t>(x.extent(0)), -1);
  for_each_distance_row(x, mean_, [&](std::int64_t row, std::span<double> squared) {
    const auto nearest = std::ranges::min_element(squared) - squared.begin();
    const double most = reach * deviation_[static_cast<std::size_t>(nearest)];
    if (squared[static_cast<std::size_t>(nearest)] <= most * most) result[static_cast<std::size_t>(row)] = nearest;
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
