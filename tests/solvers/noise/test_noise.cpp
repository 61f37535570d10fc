#include <cmath>
#include <cstring>

#include "fokker/core/ops/elementwise.h"
#include "fokker/solvers/noise/brownian_path.h"
#include "tests/support/catch.h"

using namespace fokker;

namespace {

constexpr std::int64_t n = 40'000;
constexpr double unit_variance[] = {1, 1. / 12, 1. / 720};

double product_mean(const Tensor& a, const Tensor& b) {
  double sum = 0;
  for (std::int64_t i = 0; i < a.size(); ++i) sum += a.at(i) * b.at(i);
  return sum / static_cast<double>(a.size());
}

/// The largest deviation, in standard errors, of second moments of (W, H, K) over length p from those of independent
/// normals with variances p, p/12, p/720; and of their products with an increment over another interval of length q.
double deviation(const BrownianIncrement& b, double p) {
  const Tensor* parts[] = {&b.w, &b.h, &b.k};
  const double root = std::sqrt(static_cast<double>(b.w.size()));
  double worst = 0;
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j <= i; ++j) {
      const double scale = p * std::sqrt(unit_variance[i] * unit_variance[j]);
      const double wrong = product_mean(*parts[i], *parts[j]) / scale - (i == j ? 1 : 0);
      worst = std::max(worst, std::abs(wrong) * root / (i == j ? std::sqrt(2) : 1));
    }
  return worst;
}

double dependence(const BrownianIncrement& a, double p, const BrownianIncrement& b, double q) {
  const Tensor *left[] = {&a.w, &a.h, &a.k}, *right[] = {&b.w, &b.h, &b.k};
  const double root = std::sqrt(static_cast<double>(a.w.size()));
  double worst = 0;
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 3; ++j)
      worst = std::max(worst, root * std::abs(product_mean(*left[i], *right[j])) /
                                  std::sqrt(p * q * unit_variance[i] * unit_variance[j]));
  return worst;
}

double largest_difference(const Tensor& a, const Tensor& b) {
  double largest = 0;
  for (std::int64_t i = 0; i < a.size(); ++i) largest = std::max(largest, std::abs(a.at(i) - b.at(i)));
  return largest;
}

double largest_difference(const BrownianIncrement& a, const BrownianIncrement& b) {
  return std::max({largest_difference(a.w, b.w), largest_difference(a.h, b.h), largest_difference(a.k, b.k)});
}

bool same(const Tensor& a, const Tensor& b) {
  return std::memcmp(a.raw(), b.raw(), static_cast<std::size_t>(a.bytes())) == 0;
}

}  // namespace

TEST_CASE("sequential increments have the law of (W, H, K)") {
  const SequentialNoise noise(3, {n, 1}, Dtype::f64);
  const BrownianIncrement a = noise.increment(0, 0.5, 0.25, 2), b = noise.increment(1, 0.25, 0, 2);
  CHECK(deviation(a, 0.25) < 4.5);
  CHECK(deviation(a, 0.26) > 4.5);
  CHECK(dependence(a, 0.25, b, 0.25) < 4.5);
  CHECK_FALSE(noise.increment(0, 0, 1, 0).h.defined());
  CHECK_FALSE(noise.increment(0, 0, 1, 1).k.defined());
}

TEST_CASE("joined increments are the increments of the union") {
  const SequentialNoise noise(4, {n, 1}, Dtype::f64);
  const BrownianIncrement a = noise.increment(0, 0, 1, 2), b = noise.increment(1, 1, 4, 2);
  CHECK(deviation(join(a, 1, b, 3), 4) < 4.5);
  CHECK(deviation(join(a, 3, b, 1), 4) > 4.5);  // lengths exchanged
  // Known: B rises by 1 over the first third of [0, 3] and rests.  W = 1; ∫B = 2.5, so H = 2.5/3 − 1/2;
  // ∫ B (3/2 − s) = ∫₀¹ s(3/2 − s) + ∫₁³ (3/2 − s) = 5/12 − 1 and
  // ∫ s/3 (3/2 − s) = −3/4, so K = (5/12 − 1 + 3/4)/9.
  const Tensor one = Tensor::ones({1}, Dtype::f64), zero = Tensor::zeros({1}, Dtype::f64);
  const BrownianIncrement known = join({one, zero, zero}, 1, {zero, zero, zero}, 2);
  CHECK(known.w.item() == 1);
  CHECK(known.h.item() == Approx(2.5 / 3 - 0.5));
  CHECK(known.k.item() == Approx((5. / 12 - 1 + 3. / 4) / 9));
}

TEST_CASE("a Brownian path is the same at every refinement") {
  const BrownianPath path(5, {64, 2}, 1, 0.2, Dtype::f64);
  for (int level = 0; level < 9; ++level) {
    const auto cells = std::int64_t{1} << level;
    const double h = -0.8 / static_cast<double>(cells);
    for (std::int64_t i = 0; i < cells; ++i) {
      const double t0 = 1 + h * static_cast<double>(i), t1 = t0 + h, middle = 0.5 * (t0 + t1);
      const BrownianIncrement joined = join(path.increment(0, t0, middle, 2), 1, path.increment(0, middle, t1, 2), 1);
      REQUIRE(largest_difference(path.increment(i, t0, t1, 2), joined) < 1e-13);
    }
  }
}

TEST_CASE("a Brownian path joins at any point, in either way of splitting") {
  for (const auto split : {BrownianPath::Split::arithmetic, BrownianPath::Split::geometric}) {
    const BrownianPath path(9, {16, 1}, 1e-3, 50, Dtype::f64, 0, split);
    const double points[] = {1e-3, 0.0017, 0.013, 0.4, 1.0 / 3, 7, 49.99, 50};
    for (std::size_t i = 0; i + 2 < std::size(points); ++i) {
      const double a = points[i], b = points[i] + 0.3 * (points[i + 2] - points[i]), c = points[i + 2];
      if (c - a < 1e-4) continue;
      const BrownianIncrement joined = join(path.increment(0, a, b, 2), b - a, path.increment(0, b, c, 2), c - b);
      REQUIRE(largest_difference(path.increment(0, a, c, 2), joined) < 1e-12);
    }
  }
}

TEST_CASE("a path's increments have the law of (W, H, K) on any grid, and neighbours are independent") {
  const std::vector<double> dyadic = {0, 0.25, 0.5, 0.625, 0.75, 1}, odd = {0, 0.1, 1. / 3, 0.377, 0.9, 1};
  for (const auto& grid : {dyadic, odd}) {
    const BrownianPath path(6, {n, 1}, 0, 1, Dtype::f64);
    std::vector<BrownianIncrement> b;
    std::vector<double> length;
    for (std::size_t i = 0; i + 1 < grid.size(); ++i) {
      b.push_back(path.increment(0, grid[i], grid[i + 1], 2));
      length.push_back(grid[i + 1] - grid[i]);
    }
    // 120 comparisons: 4.5 standard errors are exceeded with probability 1e-3.
    for (std::size_t i = 0; i < b.size(); ++i) {
      CHECK(deviation(b[i], length[i]) < 4.5);
      for (std::size_t j = 0; j < i; ++j) CHECK(dependence(b[i], length[i], b[j], length[j]) < 4.5);
    }
  }
}

TEST_CASE("times that span decades: geometric splits are exact where arithmetic ones run out of leaves") {
  const BrownianPath path(11, {n, 1}, 1.5e-4, 2.5e5, Dtype::f64, 0, BrownianPath::Split::geometric);
  const BrownianIncrement a = path.increment(0, 1.5e-4, 3e-4, 2), b = path.increment(0, 3e-4, 7e-4, 2);
  CHECK(deviation(a, 1.5e-4) < 4.5);
  CHECK(deviation(b, 4e-4) < 4.5);
  CHECK(dependence(a, 1.5e-4, b, 4e-4) < 4.5);
  CHECK_THROWS_WITH(BrownianPath(11, {2, 1}, 1.5e-4, 2.5e5).increment(0, 1.5e-4, 3e-4, 0),
                    Catch::Contains("shorter than a leaf"));
}

TEST_CASE("a sample's path does not depend on its batch or on the order of questions") {
  const BrownianPath all(7, {20, 3}, 0, 1), some(7, {4, 3}, 0, 1, Dtype::f32, 9);
  for (const double end : {0.875, 0.8}) {
    const Tensor first = some.increment(0, 0.75, end, 1).h.clone();
    some.increment(0, 0, 1, 1);
    some.increment(0, 0.1, 0.25, 1);
    CHECK(same(first, some.increment(0, 0.75, end, 1).h));
    CHECK(same(first, all.increment(0, 0.75, end, 1).h.rows(9, 13)));
  }
  const SequentialNoise sequential(7, {20, 3}), part(7, {4, 3}, Dtype::f32, 9);
  CHECK(same(part.increment(5, 0, 1, 0).w, sequential.increment(5, 0, 1, 0).w.rows(9, 13)));
  CHECK_FALSE(same(part.increment(5, 0, 1, 0).w, part.increment(6, 0, 1, 0).w));
}

TEST_CASE("intervals off the path are refused") {
  const BrownianPath path(8, {2, 1}, 0, 1);
  CHECK_THROWS_AS(path.increment(0, 1, 2, 1), ConfigError);
  CHECK_THROWS_AS(path.increment(0, 0.5, 0.25, 1), ConfigError);
  CHECK_THROWS_AS(path.increment(0, 0.5, 0.5, 1), ConfigError);
  CHECK_THROWS_AS(BrownianPath(8, {2, 1}, 0, 1, Dtype::f32, 0, BrownianPath::Split::geometric), ConfigError);
  CHECK_THROWS_AS(BrownianPath(8, {2, 1}, 1, 1), ConfigError);
}
