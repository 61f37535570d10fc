#include <algorithm>
#include <cmath>
#include <numbers>

#include "fokker/core/base/quantile.h"
#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/matmul.h"
#include "fokker/core/ops/rng.h"
#include "fokker/experiments/statistics/frechet.h"
#include "fokker/experiments/statistics/neighbours.h"
#include "fokker/experiments/statistics/two_sample.h"
#include "tests/support/catch.h"

using namespace fokker;

namespace {

Tensor line(std::initializer_list<double> x) { return Tensor::from(x, {std::ssize(x), 1}, Dtype::f64); }

Tensor normal(std::int64_t n, std::int64_t d, std::uint64_t seed) { return Rng(seed).normal({n, d}, Dtype::f64); }

/// 2D rows with mean 0 and covariance I exactly.
Tensor white(std::int64_t d) {
  Tensor x = Tensor::zeros({2 * d, d}, Dtype::f64);
  for (std::int64_t k = 0; k < d; ++k) {
    x.data<double>()[2 * k * d + k] = std::sqrt((2. * d - 1) / 2);
    x.data<double>()[(2 * k + 1) * d + k] = -std::sqrt((2. * d - 1) / 2);
  }
  return x;
}

/// Mean of f over `pairs` pairs of samples of n numbers from N(0, 1) and N(shift, 1), and its standard error.
template <class F>
std::pair<double, double> over_pairs(int pairs, std::int64_t n, double shift, F f) {
  double sum = 0, squares = 0;
  for (int k = 0; k < pairs; ++k) {
    const double v = f(normal(n, 1, 2 * k + 1), normal(n, 1, 2 * k + 2) + shift);
    sum += v;
    squares += v * v;
  }
  const double mean = sum / pairs;
  return {mean, std::sqrt((squares / pairs - mean * mean) / pairs)};
}

}  // namespace

TEST_CASE("Wasserstein-2 on a line is exact") {
  CHECK(sliced_w2(line({0, 1, 5}), line({3, 4, 8}), 4, 0) == Approx(3).epsilon(1e-12));
  CHECK(sliced_w2(line({5, 0, 1}), line({1, 5, 0}), 4, 0) == Approx(0).margin(1e-12));
  CHECK(sliced_w2(line({0, 1}), line({0}), 4, 0) == Approx(std::sqrt(0.5)).epsilon(1e-12));
  // Thirds against halves: the quantile functions meet at ⅓, ½ and ⅔.
  const double exact = (0. * 2 + 1. * 1 + 1. * 1 + 4. * 2) / 6;  // (0−0)², (1−0)², (1−2)², (4−2)²
  CHECK(sliced_w2(line({0, 1, 4}), line({0, 2}), 4, 0) == Approx(std::sqrt(exact)).epsilon(1e-12));
}

TEST_CASE("sliced Wasserstein-2 of a translation and of a change of scale have their closed forms") {
  const Tensor x = normal(500, 2, 1);
  const Tensor shifted = x + Tensor::from({3, 4}, {2}, Dtype::f64);
  // E (θ·c)² = |c|²/2; cos² has deviation 8^−½.
  const int projections = 4000;
  const double squared = std::pow(sliced_w2(x, shifted, projections, 5), 2);
  CHECK(squared / 25 == Approx(0.5).margin(5 * std::sqrt(1. / 8 / projections)));
  CHECK(sliced_w2(x, shifted, 200, 5) == sliced_w2(x, shifted, 200, 5));
  CHECK(sliced_w2(x, shifted, 200, 5) != sliced_w2(x, shifted, 200, 6));
  // N(0, I) against N(0, 9 I): each projection is at distance |1 − 3|.
  CHECK(sliced_w2(normal(20'000, 3, 2), normal(20'000, 3, 3) * 3, 50, 5) == Approx(2).margin(0.05));
  CHECK_THROWS_AS(sliced_w2(x, normal(5, 3, 1), 10, 0), ShapeError);
  CHECK_THROWS_AS(sliced_w2(x, x, 0, 0), ConfigError);
}

TEST_CASE("energy distance of small sets by hand") {
  CHECK(energy_distance(line({0, 1}), line({3, 5})) == Approx(2 * 3.5 - 1 - 2).epsilon(1e-12));
  CHECK(energy_distance(line({0, 2}), line({1, 1})) == Approx(0).margin(1e-12));
  const Tensor a = Tensor::from({0, 0, 3, 4}, {2, 2}, Dtype::f64), b = Tensor::from({0, 0, 0, 0}, {2, 2}, Dtype::f64);
  CHECK(energy_distance(a, b) == Approx(2 * 2.5 - 5 - 0).margin(1e-12));
  CHECK_THROWS_AS(energy_distance(line({1}), line({1, 2})), ShapeError);
}

TEST_CASE("energy distance of normal laws has its closed form in the mean") {
  for (const double shift : {0., 0.7}) {
    const auto [mean, error] =
        over_pairs(300, 30, shift, [](const Tensor& a, const Tensor& b) { return energy_distance(a, b); });
    // |a − b| is a folded normal law of deviation √2; within a set its mean is 2/√π.
    const double folded = 2 / std::sqrt(std::numbers::pi) * std::exp(-shift * shift / 4) + shift * std::erf(shift / 2);
    CHECK(mean == Approx(2 * folded - 4 / std::sqrt(std::numbers::pi)).margin(5 * error));
    CHECK(error < 0.02);
  }
}

TEST_CASE("squared MMD of small sets by hand") {
  const double h = 0.8;
  const auto kernel = [h](double d) {
    double sum = 0;
    for (const double factor : {0.25, 0.5, 1., 2., 4.}) sum += std::exp(-d * d / (2 * factor * factor * h * h)) / 5;
    return sum;
  };
  const double between = (kernel(1.5) + kernel(3) + kernel(0.5) + kernel(2)) / 4;
  CHECK(mmd_squared(line({0, 1}), line({1.5, 3}), h) == Approx(kernel(1) + kernel(1.5) - 2 * between).epsilon(1e-12));
  CHECK_THROWS_AS(mmd_squared(line({0, 1}), line({0, 1}), 0), ConfigError);
}

TEST_CASE("squared MMD is unbiased") {
  const double h = 1;
  for (const double shift : {0., 0.7}) {
    const auto [mean, error] =
        over_pairs(300, 20, shift, [h](const Tensor& a, const Tensor& b) { return mmd_squared(a, b, h); });
    double exact = 0, diagonal = 0;
    for (const double factor : {0.25, 0.5, 1., 2., 4.}) {
      const double b2 = factor * factor * h * h, overlap = std::sqrt(b2 / (b2 + 2));
      exact += 2 * overlap * (1 - std::exp(-shift * shift / (2 * (b2 + 2)))) / 5;
      diagonal += 2 * (1 - overlap) / 20 / 5;  // what pairs of a row with itself would add
    }
    CHECK(mean == Approx(exact).margin(5 * error));
    CHECK(diagonal > 10 * error);  // so the biased estimate would fail
  }
}

TEST_CASE("median and median distance") {
  CHECK(median({3, 1, 2}) == 2);
  CHECK(median({4, 1, 3, 2}) == 2.5);
  CHECK_THROWS_AS(median({}), ShapeError);
  CHECK(median_distance(line({0, 1, 5})) == 4);
}

TEST_CASE("Fréchet distance of Gaussian fits has its closed form") {
  const Tensor w = white(3);
  CHECK(frechet_distance(w, w) == Approx(0).margin(1e-10));
  CHECK(frechet_distance(w, w + Tensor::from({1, 2, 2}, {3}, Dtype::f64)) == Approx(9).epsilon(1e-10));
  // Commuting: Σ (σ_a − σ_b)².
  const Tensor scaled = w * Tensor::from({2, 3, 0}, {3}, Dtype::f64);
  CHECK(frechet_distance(w, scaled) == Approx(1 + 4 + 1).epsilon(1e-10));
  // Not commuting, in the plane: tr (A^½ B A^½)^½ = (tr AB + 2 (det AB)^½)^½.
  const Tensor la = Tensor::from({2, 0, 1, 1}, {2, 2}, Dtype::f64),
               lb = Tensor::from({1, -1, 0, 3}, {2, 2}, Dtype::f64);
  const Tensor a = matmul(white(2), la, Transpose::no, Transpose::yes);
  const Tensor b = matmul(white(2), lb, Transpose::no, Transpose::yes);
  // A = [4 2; 2 2], B = [2 −3; −3 9]: tr A + tr B = 17, tr AB = 14, det A det B = 4 · 9.
  CHECK(frechet_distance(a, b) == Approx(17 - 2 * std::sqrt(14 + 2 * 6)).epsilon(1e-10));
  CHECK(frechet_distance(b, a) == Approx(frechet_distance(a, b)).epsilon(1e-10));
  CHECK_THROWS_AS(frechet_distance(white(2), white(3)), ShapeError);
  CHECK_THROWS_AS(frechet_distance(line({1}), line({1, 2})), ShapeError);
}

TEST_CASE("neighbour distances agree with all pairs, also far from the origin") {
  for (const double offset : {0., 1e6}) {
    const Tensor a = normal(70, 5, 1) + offset, b = normal(90, 5, 2) + offset;
    for (const int k : {1, 4}) {
      const auto found = neighbour_distances(a, b, k);
      for (std::int64_t i = 0; i < 70; ++i) {
        std::vector<double> all;
        for (std::int64_t j = 0; j < 90; ++j) {
          double sum = 0;
          for (int c = 0; c < 5; ++c) sum += std::pow(a.at(i * 5 + c) - b.at(j * 5 + c), 2);
          all.push_back(std::sqrt(sum));
        }
        std::sort(all.begin(), all.end());
        CHECK(found[i] == Approx(all[k - 1]).epsilon(1e-7));
      }
    }
  }
  CHECK(neighbour_distances(line({0, 1, 5}), line({0, 1, 5}), 1) == std::vector<double>{0, 0, 0});
  CHECK(neighbour_distances(line({0, 1, 5}), line({0, 1, 5}), 1, Self::leave_out) == std::vector<double>{1, 1, 4});
  CHECK_THROWS_AS(neighbour_distances(line({0, 1}), line({0, 1}), 2, Self::leave_out), ShapeError);
}

TEST_CASE("precision and recall of sets by hand") {
  const Tensor real = line({0, 1, 10, 11});  // balls of radius 1
  const auto half = precision_recall(line({0.5, 10.5, 20, 30}), real, 1);
  CHECK(half.precision == 0.5);
  CHECK(half.recall == 1);  // balls of radius 9.5 and 10 around 0.5 and 10.5
  const auto dropped = precision_recall(line({0, 0.2, 0.5, 1}), real, 1);
  CHECK(dropped.precision == 1);
  CHECK(dropped.recall == 0.5);
  const auto away = precision_recall(real + 100, real, 1);
  CHECK(away.precision == 0);
  CHECK(away.recall == 0);
  const auto same = precision_recall(real, real, 1);
  CHECK(same.precision == 1);
  CHECK(same.recall == 1);
}

TEST_CASE("nearest-neighbour ratio by hand") {
  const Tensor training = line({0, 10, 20}), held_out = line({2, 12, 23});
  CHECK(nearest_neighbour_ratio(line({1, 9, 24}), training, held_out) == Approx(0.5));
  CHECK(nearest_neighbour_ratio(training, training, held_out) == 0);
  CHECK(nearest_neighbour_ratio_of_training(training, training, held_out) == Approx(5));
  CHECK_THROWS_AS(nearest_neighbour_ratio(training, training, training), NumericalError);
}
