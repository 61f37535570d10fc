#include "fokker/experiments/compare/target.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <numeric>

#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/view.h"
#include "fokker/experiments/data/toys.h"
#include "fokker/experiments/runs/trained_run.h"

namespace fokker {
namespace {

struct MixtureParts {
  std::vector<std::vector<double>> means;
  std::vector<double> deviations, weights;
};

MixtureParts of_toy(const ToyMixture& toy) {
  MixtureParts parts{.means = {}, .deviations = {toy.deviation}, .weights = {}};
  const auto values = toy.means.data<double>();
  for (std::int64_t k = 0; k < toy.means.extent(0); ++k) parts.means.push_back({values[2 * k], values[2 * k + 1]});
  return parts;
}

MixtureParts parts_of(const TargetConfig& config) {
  if (config.mixture == "eight_gaussians") return of_toy(eight_gaussians_mixture());
  if (config.mixture == "gaussian_grid") return of_toy(gaussian_grid_mixture());
  require<ConfigError>(!config.means.empty() && !config.deviations.empty(),
                       "target.means: an own mixture has means = [[x, y], …] and deviations = [s]; got {} means and {} "
                       "deviations",
                       config.means.size(), config.deviations.size());
  return {config.means, config.deviations, config.weights};
}

/// The range of the mean and three deviations around it, of the widest coordinate.
ValueRange extent(const GaussianMixture& mixture) {
  const auto mean = mixture.mean(), covariance = mixture.covariance();
  double far = 0;
  for (std::size_t j = 0; j < mean.size(); ++j)
    far = std::max(far, std::abs(mean[j]) + 2 * std::sqrt(covariance[j * mean.size() + j]));
  return {-far, far};
}

/// The posterior weights P(component k | x) for the rows of x, [n, components].
Tensor posterior(const MixtureParts& parts, const Tensor& x) {
  const std::int64_t n = x.extent(0), components = static_cast<std::int64_t>(parts.means.size());
  const Tensor rows = cast(x.detach(), Dtype::f64);
  Tensor result = Tensor::empty({n, components}, Dtype::f64);
  const auto values = rows.data<double>();
  auto out = result.data<double>();
  const std::size_t d = parts.means[0].size();
  for (std::int64_t i = 0; i < n; ++i) {
    const auto row = out.subspan(i * components, components);
    for (std::size_t k = 0; k < row.size(); ++k) {
      const double s = parts.deviations[parts.deviations.size() == 1 ? 0 : k];
      double squares = 0;
      for (std::size_t j = 0; j < d; ++j) squares += std::pow(values[i * d + j] - parts.means[k][j], 2);
      row[k] = std::log(parts.weights[k]) - static_cast<double>(d) * std::log(s) - squares / (2 * s * s);
    }
    const double top = *std::ranges::max_element(row);
    double sum = 0;
    for (double& value : row) sum += value = std::exp(value - top);
    for (double& value : row) value /= sum;
  }
  return result;
}

void use_weights(CompareTarget& target, MixtureParts parts) {
  if (parts.weights.empty()) parts.weights.assign(parts.means.size(), 1);
  const double sum = std::accumulate(parts.weights.begin(), parts.weights.end(), 0.0);
  for (double& weight : parts.weights) weight /= sum;
  target.weights = parts.weights;
  if (std::ranges::all_of(parts.deviations, [](double s) { return s > 0; }))
    target.responsibilities = [parts](const Tensor& x) { return posterior(parts, x); };
}

std::uint64_t drawn_from(std::uint64_t seed, std::uint64_t use) { return Rng(seed, Stream::data).fork(use).seed(); }

/// Draws n different rows (at most all) by the seed.
Tensor random_rows(const Tensor& x, std::uint64_t seed, std::int64_t n) {
  auto order = Rng(seed, Stream::split).permutation(x.extent(0));
  order.resize(static_cast<std::size_t>(std::min(n, x.extent(0))));
  return gather(x, order);
}

CompareTarget run_target(const std::string& path) {
  std::error_code failure;
  require<ConfigError>(!path.empty() && std::filesystem::exists(std::filesystem::path(path) / "config.toml", failure),
                       "target.run: expected the folder of a trained run, got \"{}\"; make one by `fokker run "
                       "experiments/digits.toml --out runs/demo`",
                       path);
  const auto run = std::make_shared<const TrainedRun>(load_run(path));
  const Prepared& data = run->model.data();
  require<ConfigError>(data.held_out.size() >= 4,
                       "target.run: {} has {} held-out samples to compare with; train with a "
                       "larger data.held_out",
                       path, data.held_out.size());
  CompareTarget target{.description = fmt::format("the network of {} ({}, {} held-out samples)", path,
                                                  data.training.name, data.held_out.size()),
                       .score = run->score,
                       .sde = share(*run->model.sde),
                       .shape = run->model.sample_shape,
                       .scaling = data.scaling,
                       .range = data.range,
                       .reference = {},
                       .exact = {}};
  target.reference = [held_out = data.scaling.invert(data.held_out.x)](std::uint64_t, std::int64_t) {
    return held_out;
  };
  target.exact = [training = data.scaling.invert(data.training.x)](std::uint64_t seed, std::int64_t n) {
    return random_rows(training, seed, n);
  };
  return target;
}

}  // namespace

void use_reference(CompareTarget& target, const Tensor& samples) {
  require<ShapeError>(samples.rank() >= 2 && samples.extent(0) >= 4 && without_axis(samples.shape(), 0) == target.shape,
                      "[compare] expected a reference [n >= 4, …] of samples {}, got {}", to_string(target.shape),
                      to_string(samples.shape()));
  const auto half = [samples](std::uint64_t seed, bool second) {
    const auto order = Rng(seed, Stream::split).permutation(samples.extent(0));
    const auto middle = order.begin() + static_cast<std::ptrdiff_t>(order.size() / 2);
    return second ? gather(samples, std::vector(middle, order.end()))
                  : gather(samples, std::vector(order.begin(), middle));
  };
  target.reference = [half](std::uint64_t seed, std::int64_t) { return half(seed, true); };
  target.exact = [half](std::uint64_t seed, std::int64_t n) {
    const Tensor rows = half(seed, false);
    return rows.rows(0, std::min(n, rows.extent(0)));
  };
}

void use_reference(CompareTarget& target, const GaussianMixture& mixture) {
  require<ShapeError>(target.shape.size() == mixture.dimension(),
                      "[compare] expected a mixture of {} dimensions, as the samples have, got {}", target.shape.size(),
                      mixture.dimension());
  const auto draw = [mixture, shape = target.shape](std::uint64_t use) {
    return [mixture, shape, use](std::uint64_t seed, std::int64_t n) {
      return reshape(mixture.sample(n, Rng(drawn_from(seed, use), Stream::data)), with_axis(shape, 0, n));
    };
  };
  target.reference = draw(1);
  target.exact = draw(2);
  target.range = extent(mixture);
}

CompareTarget make_target(const TargetConfig& config, const SdeConfig& sde) {
  if (config.kind == "run") return run_target(config.run);
  const MixtureParts parts = parts_of(config);
  const GaussianMixture mixture(parts.means, parts.deviations, parts.weights);
  CompareTarget target{.description = fmt::format("an exact mixture of {} Gaussians in {} dimensions, diffused by {}",
                                                  mixture.components(), mixture.dimension(), sde.kind),
                       .score = {},
                       .sde = make_sde(sde),
                       .shape = {mixture.dimension()},
                       .scaling = {},
                       .range = {},
                       .reference = {},
                       .exact = {}};
  target.score = mixture.score(*target.sde);
  use_reference(target, mixture);
  use_weights(target, parts);
  return target;
}

}  // namespace fokker
