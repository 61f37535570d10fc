#include "fokker/experiments/data/toys.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "fokker/core/io/file.h"

namespace fokker {
namespace {

using Point = std::array<double, 2>;

/// What one toy sample is made of: four uniform numbers and two standard normal ones of its own.
struct Draw {
  double u[4];
  double z[2];
};

struct Labelled {
  Point x;
  std::int64_t label = -1;  // none
};

/// Calls `point(draw)` for each sample; sample i draws the elements of its own place in the sequence.
template <class F>
Dataset planar(const char* name, const char* source, std::int64_t n, std::uint64_t seed, F point) {
  check_count(name, n);
  const Rng rng(seed, Stream::data);
  const Tensor normal = rng.fork(1).normal({n, 2}, Dtype::f64);
  Dataset data{.x = Tensor::empty({n, 2}), .name = name, .source = source};
  auto x = data.x.data<float>();
  const auto z = normal.data<double>();
  double low = 0, high = 0;
  for (std::int64_t i = 0; i < n; ++i) {
    Draw draw{.u = {}, .z = {z[2 * i], z[2 * i + 1]}};
    for (int k = 0; k < 4; ++k) draw.u[k] = rng.uniform_at(4 * static_cast<std::uint64_t>(i) + k);
    const Labelled sample = point(draw);
    for (int k = 0; k < 2; ++k) {
      x[2 * i + k] = static_cast<float>(sample.x[k]);
      low = std::min(low, sample.x[k]);
      high = std::max(high, sample.x[k]);
    }
    if (sample.label >= 0) data.labels.push_back(sample.label);
  }
  data.range = {low, high};
  data.sha256 = sha256(std::as_bytes(std::as_const(data.x).data<float>()));
  return data;
}

Labelled from_mixture(const ToyMixture& mixture, const Draw& draw) {
  const std::int64_t modes = mixture.means.extent(0);
  const auto mode = std::min(static_cast<std::int64_t>(draw.u[0] * static_cast<double>(modes)), modes - 1);
  const auto mean = mixture.means.data<double>();
  return {{mean[2 * mode] + mixture.deviation * draw.z[0], mean[2 * mode + 1] + mixture.deviation * draw.z[1]}, mode};
}

constexpr double moon_noise = 0.05, roll_noise = 0.05;

Labelled moon(const Draw& draw) {
  const std::int64_t label = draw.u[0] < 0.5 ? 0 : 1;
  const double angle = std::numbers::pi * draw.u[1];
  const Point clean =
      label == 0 ? Point{std::cos(angle), std::sin(angle)} : Point{1 - std::cos(angle), 0.5 - std::sin(angle)};
  return {{clean[0] + moon_noise * draw.z[0], clean[1] + moon_noise * draw.z[1]}, label};
}

Labelled roll(const Draw& draw) {
  const double unit = 1.5 * std::numbers::pi;
  const double angle = unit * (1 + 2 * draw.u[0]);
  return {{angle * std::cos(angle) / unit + roll_noise * draw.z[0],
           angle * std::sin(angle) / unit + roll_noise * draw.z[1]}};
}

Labelled board(const Draw& draw) {
  const auto row = std::min(static_cast<std::int64_t>(4 * draw.u[0]), std::int64_t{3});
  const auto pair = draw.u[1] < 0.5 ? std::int64_t{0} : std::int64_t{1};
  const std::int64_t column = 2 * pair + row % 2;
  return {{static_cast<double>(column) + draw.u[2] - 2, static_cast<double>(row) + draw.u[3] - 2}};
}

constexpr std::int64_t features = 10;
constexpr double neighbour_correlation = 0.6;
double feature_mean(std::int64_t j) { return static_cast<double>(j) - 4.5; }
double feature_deviation(std::int64_t j) { return static_cast<double>(1 + j) / 2; }

}  // namespace

ToyMixture eight_gaussians_mixture() {
  ToyMixture mixture{Tensor::empty({8, 2}, Dtype::f64), 0.2};
  auto mean = mixture.means.data<double>();
  for (int k = 0; k < 8; ++k) {
    mean[2 * k] = 2 * std::cos(k * std::numbers::pi / 4);
    mean[2 * k + 1] = 2 * std::sin(k * std::numbers::pi / 4);
  }
  return mixture;
}

ToyMixture gaussian_grid_mixture() {
  ToyMixture mixture{Tensor::empty({25, 2}, Dtype::f64), 0.05};
  auto mean = mixture.means.data<double>();
  for (int k = 0; k < 25; ++k) {
    mean[2 * k] = k % 5 - 2;
    mean[2 * k + 1] = k / 5 - 2;
  }
  return mixture;
}

Dataset eight_gaussians(std::int64_t n, std::uint64_t seed) {
  return planar("eight_gaussians", "eight normal laws on a circle", n, seed,
                [mixture = eight_gaussians_mixture()](const Draw& draw) { return from_mixture(mixture, draw); });
}

Dataset gaussian_grid(std::int64_t n, std::uint64_t seed) {
  return planar("gaussian_grid", "25 normal laws on a square grid", n, seed,
                [mixture = gaussian_grid_mixture()](const Draw& draw) { return from_mixture(mixture, draw); });
}

Dataset two_moons(std::int64_t n, std::uint64_t seed) {
  return planar("two_moons", "two interleaved half circles", n, seed, moon);
}

Dataset swiss_roll(std::int64_t n, std::uint64_t seed) {
  return planar("swiss_roll", "a spiral in the plane", n, seed, roll);
}

Dataset checkerboard(std::int64_t n, std::uint64_t seed) {
  return planar("checkerboard", "the uniform law on the black squares of a board", n, seed, board);
}

Dataset regression_toy(std::int64_t n, std::uint64_t seed) {
  check_count("regression_toy", n);
  const Rng rng(seed, Stream::data);
  Dataset data{
      .x = rng.fork(2).normal({n, 100}), .name = "regression_toy", .source = "independent normal inputs and targets"};
  data.target = rng.fork(3).normal({n, 100});
  data.range = {-1, 1};
  data.sha256 = sha256(std::as_bytes(std::as_const(data.x).data<float>()));
  return data;
}

GaussianLaw gaussian_features_law() {
  GaussianLaw law{Tensor::empty({features}, Dtype::f64), Tensor::empty({features, features}, Dtype::f64)};
  for (std::int64_t j = 0; j < features; ++j) {
    law.mean.data<double>()[j] = feature_mean(j);
    for (std::int64_t k = 0; k < features; ++k)
      law.covariance.data<double>()[j * features + k] =
          feature_deviation(j) * feature_deviation(k) *
          std::pow(neighbour_correlation, static_cast<double>(std::abs(j - k)));
  }
  return law;
}

namespace {

/// Independent standard normal features z [n, 10], f64, changed to have the law.
Tensor with_law(const Tensor& z) {
  Tensor x = Tensor::empty(z.shape());
  auto values = x.data<float>();
  const auto whitened = z.data<double>();
  const double fresh = std::sqrt(1 - neighbour_correlation * neighbour_correlation);
  double unit = 0;  // has variance 1, correlated with the feature before
  for (std::int64_t i = 0; i < z.size(); ++i) {
    const std::int64_t j = i % features;
    unit = j == 0 ? whitened[i] : neighbour_correlation * unit + fresh * whitened[i];
    values[i] = static_cast<float>(feature_mean(j) + feature_deviation(j) * unit);
  }
  return x;
}

}  // namespace

Dataset gaussian_features(std::int64_t n, std::uint64_t seed) {
  check_count("gaussian_features", n);
  const Tensor normal = Rng(seed, Stream::data).fork(7).normal({n, features}, Dtype::f64);
  return generated("gaussian_features", "ten correlated normal features", with_law(normal));
}

Dataset gaussian_anomalies(std::int64_t n, std::uint64_t seed) {
  check_count("gaussian_anomalies", n);
  constexpr std::int64_t period = 4;
  constexpr double distance = 3;
  Tensor z = Rng(seed, Stream::data).fork(8).normal({n, features}, Dtype::f64);
  const Tensor directions = Rng(seed, Stream::data).fork(9).normal({n, features}, Dtype::f64);
  const auto values = z.data<double>();
  const auto towards = std::as_const(directions).data<double>();
  std::vector<std::int64_t> labels(static_cast<std::size_t>(n));
  for (std::int64_t i = period - 1; i < n; i += period) {
    labels[i] = 1;
    double square = 0;
    for (std::int64_t j = 0; j < features; ++j) square += towards[i * features + j] * towards[i * features + j];
    for (std::int64_t j = 0; j < features; ++j)
      values[i * features + j] += distance * towards[i * features + j] / std::sqrt(square);
  }
  Dataset data = generated("gaussian_anomalies", "ten correlated normal features, a quarter displaced", with_law(z));
  data.labels = std::move(labels);
  return data;
}

void check_count(const char* name, std::int64_t n) {
  require<ConfigError>(n >= 1, "[{}] expected n ≥ 1 samples, got {}", name, n);
}

Dataset generated(const char* name, const char* source, Tensor x) {
  const auto [low, high] = std::ranges::minmax(std::as_const(x).data<float>());
  Dataset data{.x = std::move(x), .name = name, .range = {low, high}, .source = source};
  data.sha256 = sha256(std::as_bytes(std::as_const(data.x).data<float>()));
  return data;
}

}  // namespace fokker
