#include <cmath>
#include <cstring>

#include "fokker/core/ops/autodiff.h"
#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/reduce.h"
#include "fokker/sde/mixture.h"
#include "fokker/sde/vp.h"
#include "tests/support/catch.h"

using namespace fokker;

namespace {

GaussianMixture example(std::int64_t dimension) {
  std::vector<std::vector<double>> means;
  for (int k = 0; k < 5; ++k) {
    means.emplace_back();
    for (std::int64_t j = 0; j < dimension; ++j)
      means.back().push_back(std::sin(3.0 * k + 1.7 * static_cast<double>(j)));
  }
  return GaussianMixture(means, {0.3, 0.5, 0.2, 0.8, 0.4}, {1, 2, 1, 3, 0.5});
}

double largest_difference(const Tensor& a, const Tensor& b) {
  double largest = 0;
  for (std::int64_t i = 0; i < a.size(); ++i) largest = std::max(largest, std::abs(a.at(i) - b.at(i)));
  return largest;
}

}  // namespace

TEST_CASE("the mixture's log density is the formula's") {
  const GaussianMixture p({{0, 0}, {1, 2}}, {1, 0.5}, {1, 3});
  const double x = 0.3, y = -0.7;
  const double first = 0.25 * std::exp(-0.5 * (x * x + y * y)) / (2 * M_PI);
  const double second = 0.75 * std::exp(-2 * ((x - 1) * (x - 1) + (y - 2) * (y - 2))) / (2 * M_PI * 0.25);
  CHECK(p.log_density(Tensor::from({x, y}, {1, 2}, Dtype::f64)).at(0) ==
        Approx(std::log(first + second)).epsilon(1e-13));
}

TEST_CASE("the mixture's score is the gradient of its log density") {
  for (const std::int64_t d : {1, 2, 3, 17}) {
    const GaussianMixture p = example(d);
    const Tensor x = Rng(3).normal({29, d}, Dtype::f64) * 1.5;
    const Tensor leaf = x.leaf();
    const Tensor gradient = grad(sum(p.log_density(leaf)), leaf);
    const Tensor fused = p.score(x), traced = p.score(leaf);
    INFO("dimension " << d);
    CHECK(largest_difference(fused, gradient) < 1e-12);
    CHECK(traced.tracked());
    CHECK(largest_difference(traced, gradient) < 1e-12);
    CHECK(largest_difference(p.score(cast(x, Dtype::f32)), gradient) < 2e-4);
    // Its own derivative, along a direction, by central differences.
    const Tensor direction = Rng(4).normal({29, d}, Dtype::f64);
    const Tensor along = grad(sum(traced * direction), leaf);
    const double e = 1e-5;
    const Tensor difference = (p.score(x + direction * e) - p.score(x - direction * e)) / (2 * e);
    CHECK(largest_difference(along, difference) < 1e-6);
  }
}

TEST_CASE("far from all components the score is finite and points back") {
  const GaussianMixture p = GaussianMixture::ring(8, 2, 0.1);
  const Tensor s = p.score(Tensor::from({300, 0, -300, 40}, {2, 2}));
  CHECK(s.at(0) == Approx(-298 / 0.01).epsilon(1e-4));
  CHECK(std::isfinite(s.at(2)));
  CHECK(s.at(2) > 0);
  CHECK(s.at(3) < 0);
}

TEST_CASE("diffused mixtures, denoiser and score under an SDE agree") {
  const VP sde;
  const GaussianMixture p = example(2);
  const double t = 0.37;
  const Marginal at = sde.marginal(t);
  const Tensor x = Rng(8).normal({50, 2}, Dtype::f64);
  CHECK(largest_difference(p.score(sde)(x, t), p.diffused(at).score(x)) < 1e-12);
  // One component: the posterior mean is (α s² x + σ² μ) / (α² s² + σ²).
  const GaussianMixture one({{0.7, -0.2}}, {0.6});
  const Tensor d = one.denoise(x, at);
  const double variance = at.alpha * at.alpha * 0.36 + at.sigma * at.sigma;
  for (std::int64_t i = 0; i < x.size(); ++i) {
    const double mean = i % 2 == 0 ? 0.7 : -0.2;
    CHECK(d.at(i) == Approx((at.alpha * 0.36 * x.at(i) + at.sigma * at.sigma * mean) / variance).epsilon(1e-11));
  }
}

TEST_CASE("the bits of a score depend on its row alone") {
  for (const std::int64_t d : {1, 2, 5})
    for (const Dtype dtype : {Dtype::f32, Dtype::f64}) {
      const GaussianMixture p = example(d);
      const Tensor x = Rng(6).normal({53, d}, dtype), all = p.score(x);
      for (const std::int64_t size : {1, 7, 16, 19})
        for (std::int64_t begin = 0; begin < 53; begin += size) {
          const std::int64_t end = std::min<std::int64_t>(53, begin + size);
          const Tensor some = p.score(x.rows(begin, end)), same = all.rows(begin, end);
          REQUIRE(std::memcmp(some.raw(), same.raw(), static_cast<std::size_t>(some.bytes())) == 0);
        }
    }
}

TEST_CASE("draws have the mixture's mean, covariance and component weights") {
  const GaussianMixture p = example(2);
  const std::int64_t n = 40'000;
  const Tensor x = p.sample(n, Rng(9), Dtype::f64);
  const auto mean = p.mean(), covariance = p.covariance();
  for (std::int64_t j = 0; j < 2; ++j) {
    double got = 0, square = 0;
    for (std::int64_t i = 0; i < n; ++i) got += x.at(2 * i + j) / static_cast<double>(n);
    for (std::int64_t i = 0; i < n; ++i) square += std::pow(x.at(2 * i + j) - got, 2) / static_cast<double>(n);
    const auto at = static_cast<std::size_t>(j);
    CHECK(got == Approx(mean[at]).margin(4.5 * std::sqrt(covariance[3 * at] / static_cast<double>(n))));
    CHECK(square == Approx(covariance[3 * at]).epsilon(4.5 * std::sqrt(2.0 / static_cast<double>(n))));
  }
  // E s(x) = 0 and E x·s(x) = −d characterise the law: a wrong weight or deviation breaks the second.
  const Tensor s = p.score(x);
  double product = 0;
  for (std::int64_t i = 0; i < x.size(); ++i) product += x.at(i) * s.at(i) / static_cast<double>(n);
  CHECK(product == Approx(-2).margin(0.06));
  const Tensor part = p.sample(10, Rng(9), Dtype::f64, 1234);
  for (std::int64_t i = 0; i < part.size(); ++i) CHECK(part.at(i) == x.at(2 * 1234 + i));
}

TEST_CASE("bad mixtures are refused") {
  CHECK_THROWS_AS(GaussianMixture({}, {1}), ConfigError);
  CHECK_THROWS_AS(GaussianMixture({{0}, {1, 2}}, {1}), ConfigError);
  CHECK_THROWS_AS(GaussianMixture({{0}, {1}}, {1}, {1, -1}), ConfigError);
  CHECK_THROWS_AS(GaussianMixture({{0}, {1}}, {1, 2, 3}), ConfigError);
  CHECK_THROWS_AS(example(2).score(Tensor::zeros({4, 3})), ShapeError);
  CHECK_THROWS_AS(GaussianMixture({{0}}, {0}).score(Tensor::zeros({4, 1})), NumericalError);
}
