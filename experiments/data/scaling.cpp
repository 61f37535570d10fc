#include "fokker/experiments/data/scaling.h"

#include <algorithm>
#include <cmath>

#include "fokker/core/base/names.h"
#include "fokker/core/config/config.h"
#include "fokker/core/ops/elementwise.h"

namespace fokker {
namespace {

/// The mean and deviation of every column of x, seen as [N, columns], in f64.
Scaling standardisation(const Tensor& x, std::int64_t columns, const Shape& shape) {
  const auto values = x.data<float>();
  const auto rows = static_cast<double>(values.size()) / static_cast<double>(columns);
  std::vector<double> mean(static_cast<std::size_t>(columns)), variance(mean.size());
  for (std::size_t i = 0; i < values.size(); ++i) mean[i % mean.size()] += values[i] / rows;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double deviation = values[i] - mean[i % mean.size()];
    variance[i % mean.size()] += deviation * deviation / rows;
  }
  for (double& v : variance) v = v > 0 ? std::sqrt(v) : 1;
  return {Tensor::from(mean, shape), Tensor::from(variance, shape)};
}

}  // namespace

Tensor Scaling::apply(const Tensor& x) const {
  const NoGrad no_grad;
  return (x - shift) / scale;
}

Tensor Scaling::invert(const Tensor& prepared) const {
  const NoGrad no_grad;
  return prepared * scale + shift;
}

ValueRange Scaling::apply(const ValueRange& range) const {
  ValueRange result{INFINITY, -INFINITY};
  for (std::int64_t k = 0; k < shift.size(); ++k) {
    result.low = std::min(result.low, (range.low - shift.at(k)) / scale.at(k));
    result.high = std::max(result.high, (range.high - shift.at(k)) / scale.at(k));
  }
  return result;
}

std::vector<std::string> scaling_names() { return {"auto", "range", "standardise", "standardise_all", "none"}; }

std::string scaling_kind(const std::string& name, const Dataset& data) {
  const auto names = scaling_names();
  if (std::ranges::find(names, name) == names.end()) throw ConfigError("[data.scaling] " + unknown_name(name, names));
  if (name != "auto") return name;
  if (data.images()) return "range";
  if (data.target.defined()) return "none";
  return data.signals ? "standardise_all" : "standardise";
}

Scaling make_scaling(const std::string& kind, const Dataset& data) {
  if (kind == "range") {
    const auto [low, high] = data.range;
    require<ConfigError>(high > low, "[data.scaling] expected a range of values, got [{}, {}]; use \"standardise\"",
                         low, high);
    return {Tensor::scalar((low + high) / 2), Tensor::scalar((high - low) / 2)};
  }
  if (kind == "standardise" || kind == "standardise_all") {
    const bool whole = kind == "standardise_all" || data.x.rank() != 2;
    return standardisation(data.x, whole ? 1 : data.x.extent(1), whole ? Shape{} : Shape{data.x.extent(1)});
  }
  return {};
}

}  // namespace fokker
