#include "fokker/experiments/compare/errors.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "fokker/core/base/parallel.h"
#include "fokker/core/base/quantile.h"
#include "fokker/core/base/registry.h"
#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/view.h"
#include "fokker/experiments/compare/budget.h"
#include "fokker/experiments/statistics/neighbours.h"
#include "fokker/experiments/statistics/two_sample.h"

namespace fokker {
namespace {

// Constants of the trials that find the limit of a path.
constexpr std::int64_t few_steps = 64, many_steps = 512;
constexpr double near = 0.1, at_once = 1e-3;  // in units of the distance between samples
// Evaluations of a limit's fine steps, in units of the largest budget.  Then its error at order 1 is a sixteenth of the
// errors shown.
constexpr std::int64_t fineness = 16;
constexpr double fine_tolerance = 1e-6;

/// The integral ∫ |F⁻¹ − G⁻¹| of two sorted samples, exact.
double sorted_w1(std::span<const double> a, std::span<const double> b) {
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

std::vector<double> sorted_along(std::span<const double> direction, const Tensor& x) {
  const auto values = x.data<double>();
  std::vector<double> line(static_cast<std::size_t>(x.extent(0)));
  for (std::size_t i = 0; i < line.size(); ++i)
    line[i] = std::inner_product(direction.begin(), direction.end(), values.begin() + i * direction.size(), 0.0);
  std::ranges::sort(line);
  return line;
}

/// The mean of W₁(θ·a, θ·b) over random directions θ on the sphere.
double sliced_w1(const ErrorInput& input) {
  const std::int64_t dimension = input.samples.extent(1), count = dimension == 1 ? 1 : input.config.projections;
  Tensor theta = Rng(input.seed, Stream::metric).normal({count, dimension}, Dtype::f64);
  std::vector<double> distances(static_cast<std::size_t>(count));
  parallel(count, [&](std::int64_t p) {
    const auto direction = theta.data<double>().subspan(p * dimension, dimension);
    const double norm = std::sqrt(std::inner_product(direction.begin(), direction.end(), direction.begin(), 0.0));
    for (double& value : direction) value /= norm;
    distances[p] = sorted_w1(sorted_along(direction, input.samples), sorted_along(direction, input.reference));
  });
  return std::accumulate(distances.begin(), distances.end(), 0.0) / static_cast<double>(count);
}

/// The largest |mean posterior weight − weight|.  Under the law itself the means are the weights.
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

/// The first rows of a set, for figures whose cost is that of all pairs.
Tensor few(const Tensor& x, const ErrorInput& input) { return x.rows(0, std::min(x.extent(0), input.config.limit)); }

void any(const CompareTarget&) {}

void check_mixture(const CompareTarget& target) {
  require<ConfigError>(static_cast<bool>(target.responsibilities),
                       "metrics: mode_weights needs a mixture with deviations > 0 for the law");
}

constexpr Range unbiased{.low = 0, .estimates = true};

constexpr CompareMetric metrics[] = {
    {"sliced_w2", "sliced Wasserstein-2 distance",
     [](const ErrorInput& in) { return sliced_w2(in.samples, in.reference, in.config.projections, in.seed); }, any},
    {"sliced_w1", "sliced Wasserstein-1 distance", sliced_w1, any},
    {"energy", "energy distance",
     [](const ErrorInput& in) { return energy_distance(few(in.samples, in), few(in.reference, in)); }, any, unbiased},
    {"mmd", "squared maximum mean discrepancy",
     [](const ErrorInput& in) {
       return mmd_squared(few(in.samples, in), few(in.reference, in), median_distance(few(in.reference, in)));
     },
     any, unbiased},
    {"mode_weights", "largest error of a mode's weight", mode_weights, check_mixture},
};
constexpr Registry table("[compare] metrics:", metrics);

Tensor flat(const Tensor& x) {
  return reshape(cast(x.detach(), Dtype::f64), {x.extent(0), x.size() / std::max<std::int64_t>(1, x.extent(0))});
}

/// The distances between rows of the same number.
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

std::vector<std::string> compare_metric_names() { return table.names(); }

std::string metric_title(const std::string& name) {
  if (const CompareMetric* metric = table.find(name)) return metric->title;
  return "mean distance to the end of the path (strong error)";
}

Range metric_range(const std::string& name) {
  const CompareMetric* metric = table.find(name);
  return metric ? metric->range : positive_range;
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

Tensor PathReference::ends(SampleConfig config) const {
  config.n = std::min(config_.n, config_.paths);
  const Samples samples = draw(target_, config);
  require<NumericalError>(samples.failures == 0, "[compare] {} of {} paths are not finite", samples.failures, config.n);
  return target_.scaling.invert(samples.values);
}

const Tensor& PathReference::known_ends(SampleConfig fine, std::uint64_t seed) {
  fine.seed = seed;
  const auto [place, fresh] = ends_.try_emplace(dump(fine));
  if (fresh) place->second = ends(fine);
  return place->second;
}

bool PathReference::tends(const Tensor& coarse, const Tensor& fine, const Tensor& limit) {
  const double left = median(row_distances(fine, limit)), apart = median_distance(flat(limit));
  return left < at_once * apart || (left < near * apart && left < 0.5 * median(row_distances(coarse, limit)));
}

std::optional<PathLimit> PathReference::limit(const SampleConfig& entry) {
  if (config_.paths == 0) return {};
  const std::int64_t evaluations = fineness * config_.nfe.back();
  const auto settings = [&](const char* solver) {
    return SampleConfig{.solver = solver, .denoise = entry.denoise, .tolerance = fine_tolerance, .t_min = entry.t_min};
  };
  PathLimit flow{settings("probability_flow"), "the end of the probability flow"}, reverse{settings("shark"), ""};
  reverse.fine.steps = evaluations / 2, reverse.fine.grid = "log_snr", reverse.fine.clock = "snr";
  reverse.text = fmt::format("the end of the reverse SDE driven in the SNR, by ShARK in {} steps", reverse.fine.steps);
  PathLimit own{entry, fmt::format("a limit of its own, by {} steps", evaluations)};
  own.fine.steps = evaluations;
  reverse.fine.same_path = own.fine.same_path = true;
  const auto trial = [&](std::int64_t steps) {
    SampleConfig config = own.fine;
    config.seed = config_.seed, config.steps = steps, config.tolerance = fine_tolerance;
    return ends(config);
  };
  try {
    const Tensor coarse = trial(few_steps), fine = trial(many_steps);
    if (tends(coarse, fine, known_ends(flow.fine, config_.seed))) return flow;
    try {
      if (tends(coarse, fine, known_ends(reverse.fine, config_.seed))) return reverse;
    } catch (const Error&) {  // the clock does not suit an SDE or score
    }
    if (tends(coarse, fine, trial(2 * many_steps)) && known_ends(own.fine, config_.seed).defined()) return own;
  } catch (const Error&) {  // the solver refuses the number of steps, or samples are not finite
  }
  return {};
}

double PathReference::error(const PathLimit& limit, SampleConfig config) {
  config.same_path = limit.fine.same_path;
  const auto distances = row_distances(ends(config), known_ends(limit.fine, config.seed));
  return std::accumulate(distances.begin(), distances.end(), 0.0) / static_cast<double>(distances.size());
}

}  // namespace fokker
