#include "fokker/experiments/metrics/feature_network.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <mutex>

#include "fokker/core/io/file.h"
#include "fokker/core/ops/elementwise.h"
#include "fokker/experiments/data/split.h"

namespace fokker {
namespace {

/// A hash of the values and labels, in their order.
std::string hash_of(const Dataset& data) {
  const auto values = std::as_const(data.x).data<float>();
  return sha256(to_string(data.x.shape()) + sha256(std::as_bytes(values)) +
                sha256(std::as_bytes(std::span(data.labels))));
}

std::string name_of(const Dataset& data, const FeatureConfig& config) {
  return fmt::format("classifier of {}, {} steps{}, sha256 {}", data.name.empty() ? "the data" : data.name,
                     config.steps, config.standardise ? ", standardised" : "", hash_of(data));
}

Dataset finite_rows(const Dataset& data) {
  const std::int64_t width = data.x.size() / data.size();
  const auto values = std::as_const(data.x).data<float>();
  std::vector<std::int64_t> rows;
  for (std::int64_t row = 0; row < data.size(); ++row)
    if (std::ranges::all_of(values.subspan(row * width, width), [](float v) { return std::isfinite(v); }))
      rows.push_back(row);
  return subset(data, rows);
}

}  // namespace

FeatureNetwork::FeatureNetwork(const Dataset& data, const FeatureConfig& config)
    : accuracy_(std::numeric_limits<double>::quiet_NaN()), name_(name_of(data, config)) {
  Dataset all = finite_rows(data);
  if (config.standardise) units_ = make_scaling("standardise", all);
  all.x = units_.apply(all.x);
  const Split parts = split_rows(all, {});
  classifier_ =
      std::make_unique<FeatureClassifier>(subset(all, parts.training), ClassifierConfig{.steps = config.steps});
  if (!parts.held_out.empty()) accuracy_ = classifier_->accuracy(subset(all, parts.held_out));
}

Tensor FeatureNetwork::own_units(const Tensor& x) const { return units_.apply(cast(x.detach(), Dtype::f32)); }

std::shared_ptr<const FeatureNetwork> feature_network(const Dataset& data, const FeatureConfig& config) {
  static std::mutex guard;
  static std::map<std::string, std::shared_ptr<const FeatureNetwork>> known;
  const std::lock_guard lock(guard);
  auto& place = known[name_of(data, config)];
  if (!place) place = std::make_shared<const FeatureNetwork>(data, config);
  return place;
}

}  // namespace fokker
