#include <array>
#include <cmath>
#include <numbers>
#include <utility>

#include "fokker/experiments/data/signals.h"
#include "fokker/experiments/data/toys.h"
#include "tests/support/catch.h"

using namespace fokker;

namespace {

constexpr std::int64_t n = 40'000;

struct Moments {
  std::array<double, 2> mean{}, variance{};
};

Moments moments(const Dataset& data) {
  Moments m;
  const auto x = std::as_const(data.x).data<float>();
  for (std::size_t i = 0; i < x.size(); ++i) m.mean[i % 2] += x[i] / static_cast<double>(data.size());
  for (std::size_t i = 0; i < x.size(); ++i)
    m.variance[i % 2] += std::pow(x[i] - m.mean[i % 2], 2) / static_cast<double>(data.size());
  return m;
}

/// Five deviations of a mean of n values of this variance.
double five_sigma(double variance) { return 5 * std::sqrt(variance / n); }

void check_mixture(const Dataset& data, const ToyMixture& mixture) {
  const std::int64_t modes = mixture.means.extent(0);
  const auto mean = std::as_const(mixture.means).data<double>();
  const auto x = std::as_const(data.x).data<float>();
  std::vector<double> count(modes), squares(modes);
  REQUIRE(std::ssize(data.labels) == data.size());
  for (std::int64_t i = 0; i < data.size(); ++i) {
    const auto k = data.labels[i];
    count[k] += 1;
    for (int c = 0; c < 2; ++c) squares[k] += std::pow(x[2 * i + c] - mean[2 * k + c], 2);
  }
  const double expected = static_cast<double>(data.size()) / static_cast<double>(modes);
  for (std::int64_t k = 0; k < modes; ++k) {
    CHECK(std::abs(count[k] - expected) < 5 * std::sqrt(expected));
    const double variance = squares[k] / (2 * count[k]), exact = mixture.deviation * mixture.deviation;
    CHECK(std::abs(variance / exact - 1) < 5 / std::sqrt(count[k]));  // a variance of 2·count normal values
  }
}

}  // namespace

TEST_CASE("toy mixtures have their modes, weights and deviations") {
  check_mixture(eight_gaussians(n, 1), eight_gaussians_mixture());
  check_mixture(gaussian_grid(n, 2), gaussian_grid_mixture());
  const auto circle = eight_gaussians_mixture();
  for (int k = 0; k < 8; ++k)
    CHECK(std::hypot(circle.means.at(2 * k), circle.means.at(2 * k + 1)) == Approx(2).epsilon(1e-14));
  CHECK(gaussian_grid_mixture().means.at(0) == -2);
  CHECK(gaussian_grid_mixture().means.at(49) == 2);
}

TEST_CASE("moments of the eight Gaussians are those of the mixture") {
  const Moments m = moments(eight_gaussians(n, 3));
  for (int c = 0; c < 2; ++c) {
    CHECK(std::abs(m.mean[c]) < five_sigma(2.04));
    CHECK(m.variance[c] == Approx(2 + 0.04).margin(five_sigma(3)));
  }
}

TEST_CASE("two moons lie on their half circles") {
  const Dataset data = two_moons(n, 4);
  const auto x = std::as_const(data.x).data<float>();
  double radius = 0, squares = 0, ones = 0;
  for (std::int64_t i = 0; i < n; ++i) {
    const bool second = data.labels[i] == 1;
    const double dx = second ? x[2 * i] - 1 : x[2 * i], dy = second ? 0.5 - x[2 * i + 1] : x[2 * i + 1];
    const double r = std::hypot(dx, dy);
    ones += second;
    radius += r / n;
    squares += (r - 1) * (r - 1) / n;
    REQUIRE(dy > -0.4);  // the upper half, up to noise
  }
  CHECK(ones / n == Approx(0.5).margin(five_sigma(0.25)));
  CHECK(radius == Approx(1 + 0.05 * 0.05 / 2).margin(five_sigma(0.05 * 0.05)));
  CHECK(std::sqrt(squares) == Approx(0.05).epsilon(0.03));
}

TEST_CASE("the Swiss roll is a spiral of radius 1 to 3 with equal steps of angle") {
  const Dataset data = swiss_roll(n, 5);
  const auto x = std::as_const(data.x).data<float>();
  double radius = 0, squares = 0, inner = 0;
  for (std::int64_t i = 0; i < n; ++i) {
    const double r = std::hypot(x[2 * i], x[2 * i + 1]);
    REQUIRE((r > 0.7 && r < 3.3));
    radius += r / n;
    inner += r < 2;
    // The nearest turn of the spiral at this direction: r = φ / (3π/2).
    const double direction = std::atan2(x[2 * i + 1], x[2 * i]);
    const double turn = std::round((r * 1.5 * std::numbers::pi - direction) / (2 * std::numbers::pi));
    const double off = r - (direction + 2 * std::numbers::pi * turn) / (1.5 * std::numbers::pi);
    squares += off * off / n;
  }
  CHECK(radius == Approx(2).margin(five_sigma(1. / 3) + 0.002));  // r is uniform on [1, 3]
  CHECK(inner / n == Approx(0.5).margin(five_sigma(0.25) + 0.001));
  // Noise across the arm, and a little along it, where the radius grows by 1/φ a unit of length.
  CHECK(std::sqrt(squares) == Approx(0.05).epsilon(0.05));
  CHECK(data.labels.empty());
}

TEST_CASE("the checkerboard fills the black squares evenly and no white one") {
  const Dataset data = checkerboard(n, 6);
  const auto x = std::as_const(data.x).data<float>();
  std::array<std::array<double, 4>, 4> count{};
  for (std::int64_t i = 0; i < n; ++i) {
    REQUIRE((std::abs(x[2 * i]) <= 2 && std::abs(x[2 * i + 1]) <= 2));
    count[std::min(3, static_cast<int>(x[2 * i + 1] + 2))][std::min(3, static_cast<int>(x[2 * i] + 2))] += 1;
  }
  for (int row = 0; row < 4; ++row)
    for (int column = 0; column < 4; ++column) {
      if ((row + column) % 2 == 1)
        CHECK(count[row][column] <= 2);  // a coordinate just below a whole number may round up to it
      else
        CHECK(std::abs(count[row][column] - n / 8.) < 5 * std::sqrt(n / 8.));
    }
  const Moments m = moments(data);
  for (int c = 0; c < 2; ++c) CHECK(m.variance[c] == Approx(4. / 3).margin(five_sigma(2)));
}

TEST_CASE("the regression toy has independent standard normal inputs and targets") {
  const Dataset data = regression_toy(640, 7);
  REQUIRE(data.x.shape() == Shape{640, 100});
  REQUIRE(data.target.shape() == Shape{640, 100});
  const auto x = std::as_const(data.x).data<float>(), y = std::as_const(data.target).data<float>();
  double xx = 0, yy = 0, xy = 0;
  for (std::size_t i = 0; i < x.size(); ++i) xx += x[i] * x[i], yy += y[i] * y[i], xy += x[i] * y[i];
  const auto size = static_cast<double>(x.size());
  CHECK(xx / size == Approx(1).margin(5 * std::sqrt(2 / size)));
  CHECK(yy / size == Approx(1).margin(5 * std::sqrt(2 / size)));
  CHECK(std::abs(xy / size) < 5 / std::sqrt(size));
}

TEST_CASE("the Gaussian features have their means and covariances, and no other's") {
  const Dataset data = gaussian_features(n, 8);
  REQUIRE(data.x.shape() == Shape{n, 10});
  const GaussianLaw law = gaussian_features_law();
  const auto x = std::as_const(data.x).data<float>();
  std::vector<double> mean(10), covariance(100);
  for (std::int64_t i = 0; i < n; ++i)
    for (int j = 0; j < 10; ++j) mean[j] += x[10 * i + j] / static_cast<double>(n);
  for (std::int64_t i = 0; i < n; ++i)
    for (int j = 0; j < 100; ++j)
      covariance[j] += (x[10 * i + j / 10] - mean[j / 10]) * (x[10 * i + j % 10] - mean[j % 10]) / n;
  const auto exact = [&](int j, int k) { return law.covariance.at(10 * j + k); };
  CHECK(exact(0, 0) == 0.25);
  CHECK(exact(9, 9) == 25);
  CHECK(exact(3, 1) == Approx(2 * 1 * 0.36));
  double wrong = 0;
  for (int j = 0; j < 10; ++j) {
    CHECK(law.mean.at(j) == j - 4.5);
    CHECK(std::abs(mean[j] - law.mean.at(j)) < five_sigma(exact(j, j)));
    for (int k = 0; k < 10; ++k) {
      const double variance = exact(j, j) * exact(k, k) + exact(j, k) * exact(j, k);  // of a product of normal values
      CHECK(std::abs(covariance[10 * j + k] - exact(j, k)) < five_sigma(variance));
      // A correlation of 0.7^|j − k| would be seen.
      const double other = exact(j, k) * std::pow(7. / 6, std::abs(j - k));
      wrong += std::abs(covariance[10 * j + k] - other) > five_sigma(variance);
    }
  }
  CHECK(wrong > 40);
}

TEST_CASE("sample i of a toy depends on seed and i alone") {
  for (const auto toy : {eight_gaussians, gaussian_grid, two_moons, swiss_roll, checkerboard, regression_toy,
                         gaussian_features, ecg, chirps}) {
    const Dataset few = toy(10, 3), many = toy(25, 3), other = toy(10, 4);
    INFO(few.name);
    CHECK(many.x.rows(0, 10).to_vector() == few.x.to_vector());
    CHECK(other.x.to_vector() != few.x.to_vector());
    CHECK(few.sha256 == toy(10, 3).sha256);
    CHECK(few.sha256 != other.sha256);
    CHECK_THROWS_AS(toy(0, 3), ConfigError);
  }
}
