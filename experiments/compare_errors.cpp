#include "fokker/experiments/compare_errors.h"

#include <algorithm>
#include <cmath>

#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/view.h"
#include "fokker/experiments/compare_budget.h"
#include "fokker/experiments/neighbours.h"
#include "fokker/experiments/two_sample.h"

namespace fokker {
namespace {

constexpr std::int64_t path_samples = 128;
constexpr std::int64_t fine_steps = 200;
constexpr double fine_tolerance = 1e-5, near = 0.05;

/// ∫ |F⁻¹ − G⁻¹| of two samples on the line, exact.
double w1(const ErrorInput& input) {
  const auto sorted = [](const Tensor& x) {
    std::vector<double> values(x.data<double>().begin(), x.data<double>().end());
    std::ranges::sort(values);
    return values;
  };
  const auto a = sorted(input.samples), b = sorted(input.reference);
  double sum = 0, u = 0;
  for (std::size_t i = 0, j = 0; i < a.size() && j < b.size();) {
    const std::size_t left = (i + 1) * b.size(), right = (j + 1) * a.size();
    const double next = static_cast<double>(std::min(left, right)) / static_cast<double>(a.size() * b.size());
    sum += (next - u) * std::abs(a[i] - b[j]);
    u = next;
    i += left <= right;
    j += right <= left;
  }
  return sum;
}

/// Largest |mean posterior weight − weight|: under the law itself the means are the weights.
double mode_weights(const ErrorInput& input) {
  const Tensor posterior = input.target.responsibilities(input.samples);
  const auto values = posterior.data<double>();
  const auto& weights = input.target.weights;
  double worst = 0;
  for (std::size_t k = 0; k < weights.size(); ++k) {
    double sum = 0;
    for (std::size_t i = k; i < values.size(); i += weights.size()) sum += values[i];
    worst = std::max(worst, std::abs(sum / static_cast<double>(input.samples.extent(0)) - weights[k]));
  }
  return worst;
}

void any(const CompareTarget&) {}

void check_line(const CompareTarget& target) {
  require<ConfigError>(target.shape.size() == 1, "metrics: w1 is for one dimension, got samples {}; use sliced_w2",
                       to_string(target.shape));
}

void check_mixture(const CompareTarget& target) {
  require<ConfigError>(static_cast<bool>(target.responsibilities),
                       "metrics: mode_weights needs a mixture with deviations > 0 for the law");
}

constexpr CompareMetric metrics[] = {
    {"sliced_w2", "sliced Wasserstein-2 distance",
     [](const ErrorInput& in) { return sliced_w2(in.samples, in.reference, in.config.projections, in.seed); }, any},
    {"w1", "Wasserstein-1 distance", w1, check_line},
    {"energy", "energy distance", [](const ErrorInput& in) { return energy_distance(in.samples, in.reference); }, any},
    {"mmd", "squared maximum mean discrepancy",
     [](const ErrorInput& in) { return mmd_squared(in.samples, in.reference, median_distance(in.reference)); }, any},
    {"mode_weights", "largest error of a mode's weight", mode_weights, check_mixture},
};

Tensor flat(const Tensor& x) {
  return reshape(cast(x.detach(), Dtype::f64), {x.extent(0), x.size() / std::max<std::int64_t>(1, x.extent(0))});
}

/// Distances between rows of the same number.
std::vector<double> row_distances(const Tensor& a, const Tensor& b) {
  const Tensor left = flat(a), right = flat(b);
  const auto x = left.data<double>(), y = right.data<double>();
  const std::int64_t width = left.extent(1);
  std::vector<double> result;
  for (std::int64_t i = 0; i < left.extent(0); ++i) {
    double squares = 0;
    for (std::int64_t j = i * width; j < (i + 1) * width; ++j) squares += (x[j] - y[j]) * (x[j] - y[j]);
    result.push_back(std::sqrt(squares));
  }
  return result;
}

}  // namespace

std::span<const CompareMetric> compare_metrics() { return metrics; }

std::vector<std::string> compare_metric_names() {
  std::vector<std::string> names;
  for (const auto& metric : metrics) names.emplace_back(metric.name);
  return names;
}

std::string metric_title(const std::string& name) {
  for (const auto& metric : metrics)
    if (name == metric.name) return metric.title;
  return "RMS distance to the probability flow's end";
}

std::map<std::string, double> errors_of(const Tensor& samples, const Tensor& reference, const CompareTarget& target,
                                        const CompareConfig& config, std::uint64_t seed) {
  const ErrorInput input{flat(samples), flat(reference), target, config, seed};
  std::map<std::string, double> result;
  for (const auto& metric : metrics)
    if (std::ranges::find(config.metrics, metric.name) != config.metrics.end())
      result[metric.name] = metric.compute(input);
  return result;
}

/// By dopri5, for the settings that the end depends on.
const Tensor& PathReference::ends(const SampleConfig& config) {
  const auto [place, fresh] =
      ends_.try_emplace(fmt::format("{} {} {}", config.seed, config.t_min, config.denoise));
  if (fresh) {
    SampleConfig fine{.solver = "probability_flow", .n = path_samples, .seed = config.seed};
    fine.denoise = config.denoise;
    fine.t_min = config.t_min;
    fine.tolerance = fine_tolerance;
    place->second = target_.scaling.invert(draw(target_, fine).values);
  }
  return place->second;
}

bool PathReference::follows(const SampleConfig& config) {
  SampleConfig fine = config;
  fine.n = 32;
  fine.steps = fine_steps;
  fine.tolerance = fine_tolerance;
  try {
    const Tensor& exact = ends(fine);
    const Tensor x = target_.scaling.invert(draw(target_, fine).values);
    return median(row_distances(x, exact.rows(0, fine.n))) < near * median_distance(flat(exact));
  } catch (const NumericalError&) {
    return false;
  }
}

double PathReference::error(const SampleConfig& config, const Tensor& samples) {
  const Tensor& exact = ends(config);
  const std::int64_t n = std::min(samples.extent(0), exact.extent(0));
  double squares = 0;
  for (const double distance : row_distances(samples.rows(0, n), exact.rows(0, n))) squares += distance * distance;
  return std::sqrt(squares / static_cast<double>(n));
}

}  // namespace fokker
