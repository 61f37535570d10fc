#include <cmath>
#include <cstring>

#include "fokker/core/ops/elementwise.h"
#include "fokker/solvers/noise.h"
#include "tests/support/catch.h"

using namespace fokker;

namespace {

constexpr std::int64_t n = 40'000;

double product_mean(const Tensor& a, const Tensor& b) {
  double sum = 0;
  for (std::int64_t i = 0; i < a.size(); ++i) sum += a.at(i) * b.at(i);
  return sum / static_cast<double>(a.size());
}

/// Var W = h, Var H = h/12, Cov(W, H) = 0, each within 4.5 standard errors.
bool has_the_law(const BrownianIncrement& b, double h) {
  const double error = 4.5 / std::sqrt(static_cast<double>(b.w.size()));
  return std::abs(product_mean(b.w, b.w) / h - 1) < error * std::sqrt(2) &&
         std::abs(product_mean(b.h, b.h) * 12 / h - 1) < error * std::sqrt(2) &&
         std::abs(product_mean(b.w, b.h) * std::sqrt(12) / h) < error;
}

double largest_difference(const Tensor& a, const Tensor& b) {
  double largest = 0;
  for (std::int64_t i = 0; i < a.size(); ++i) largest = std::max(largest, std::abs(a.at(i) - b.at(i)));
  return largest;
}

}  // namespace

TEST_CASE("sequential increments have the law of (W, H)") {
  const SequentialNoise noise(3, {n, 1}, Dtype::f64);
  const BrownianIncrement a = noise.increment(0, 0.5, 0.25, true), b = noise.increment(1, 0.25, 0, true);
  CHECK(has_the_law(a, 0.25));
  CHECK_FALSE(has_the_law(a, 0.26));
  CHECK(std::abs(product_mean(a.w, b.w)) < 4.5 * 0.25 / std::sqrt(n));
  CHECK(std::abs(product_mean(a.w, b.h)) < 4.5 * 0.25 / std::sqrt(12.0 * n));
  CHECK_FALSE(noise.increment(0, 0, 1, false).h.defined());
}

TEST_CASE("joined increments are the increments of the union") {
  const SequentialNoise noise(4, {n, 1}, Dtype::f64);
  const BrownianIncrement a = noise.increment(0, 0, 1, true), b = noise.increment(1, 1, 2, true);
  CHECK(has_the_law(join(a, b), 2));
  // Known case: B rises by 1 in the first half of [0, 2] and rests: ∫B = 1.5, W = 1, H = 1.5/2 − 1/2.
  const Tensor one = Tensor::ones({1}, Dtype::f64), zero = Tensor::zeros({1}, Dtype::f64);
  const BrownianIncrement known = join({one, zero}, {zero, zero});
  CHECK(known.w.item() == 1);
  CHECK(known.h.item() == Approx(0.25));
}

TEST_CASE("a Brownian path is the same at every refinement") {
  const BrownianPath path(5, {64, 2}, 1, 0.2, Dtype::f64);
  for (int level = 0; level < 9; ++level) {
    const auto cells = std::int64_t{1} << level;
    const double h = -0.8 / static_cast<double>(cells);
    for (std::int64_t i = 0; i < cells; ++i) {
      const double t0 = 1 + h * static_cast<double>(i), t1 = t0 + h, middle = 0.5 * (t0 + t1);
      const BrownianIncrement whole = path.increment(i, t0, t1, true);
      const BrownianIncrement joined = join(path.increment(0, t0, middle, true), path.increment(0, middle, t1, true));
      REQUIRE(largest_difference(whole.w, joined.w) < 1e-13);
      REQUIRE(largest_difference(whole.h, joined.h) < 1e-13);
    }
  }
}

TEST_CASE("refined increments have the law of (W, H), and neighbours are independent") {
  const BrownianPath path(6, {n, 1}, 0, 1, Dtype::f64);
  const int cells = 8;
  std::vector<BrownianIncrement> b;
  for (int i = 0; i < cells; ++i) b.push_back(path.increment(i, i / 8.0, (i + 1) / 8.0, true));
  for (int i = 0; i < cells; ++i) {
    CHECK(has_the_law(b[static_cast<std::size_t>(i)], 1.0 / cells));
    for (int j = 0; j < i; ++j) {
      const auto& [w0, h0] = b[static_cast<std::size_t>(j)];
      const auto& [w1, h1] = b[static_cast<std::size_t>(i)];
      // 112 comparisons: 5 standard errors.
      const double error = 5 / (cells * std::sqrt(static_cast<double>(n)));
      CHECK(std::abs(product_mean(w0, w1)) < error);
      CHECK(std::abs(product_mean(w0, h1)) < error / std::sqrt(12));
      CHECK(std::abs(product_mean(h0, w1)) < error / std::sqrt(12));
      CHECK(std::abs(product_mean(h0, h1)) < error / 12);
    }
  }
}

TEST_CASE("a sample's path does not depend on its batch or on the order of questions") {
  const auto same = [](const Tensor& a, const Tensor& b) {
    return std::memcmp(a.raw(), b.raw(), static_cast<std::size_t>(a.bytes())) == 0;
  };
  const BrownianPath all(7, {20, 3}, 0, 1), some(7, {4, 3}, 0, 1, Dtype::f32, 9);
  const Tensor first = some.increment(0, 0.75, 0.875, true).h.clone();
  some.increment(0, 0, 1, true);
  some.increment(0, 0.125, 0.25, true);
  CHECK(same(first, some.increment(0, 0.75, 0.875, true).h));
  CHECK(same(first, all.increment(0, 0.75, 0.875, true).h.rows(9, 13)));
  const SequentialNoise sequential(7, {20, 3}), part(7, {4, 3}, Dtype::f32, 9);
  CHECK(same(part.increment(5, 0, 1, true).w, sequential.increment(5, 0, 1, true).w.rows(9, 13)));
  CHECK_FALSE(same(part.increment(5, 0, 1, true).w, part.increment(6, 0, 1, true).w));
}

TEST_CASE("intervals off the dyadic subdivisions are refused") {
  const BrownianPath path(8, {2, 1}, 0, 1);
  CHECK_THROWS_AS(path.increment(0, 0, 0.3, true), ConfigError);
  CHECK_THROWS_AS(path.increment(0, 0.1, 0.35, true), ConfigError);
  CHECK_THROWS_AS(path.increment(0, 1, 2, true), ConfigError);
  CHECK_THROWS_AS(path.increment(0, 0.5, 0.25, true), ConfigError);
}
