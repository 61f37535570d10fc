#include <cmath>
#include <limits>

#include "fokker/core/ops/autodiff.h"
#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/view.h"
#include "fokker/score/guidance/guidance.h"
#include "fokker/sde/mixture.h"
#include "fokker/sde/vp.h"
#include "fokker/solvers/sampling/sampler.h"
#include "tests/support/catch.h"

namespace fokker {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

GaussianMixture gaussian(double mean, double deviation) { return {{{mean}}, {deviation}}; }

/// Mean and variance of one component of x [n, 1].
std::pair<double, double> moments(const Tensor& x) {
  double sum = 0, squares = 0;
  for (const double v : x.to_vector()) sum += v, squares += v * v;
  const double n = static_cast<double>(x.extent(0)), mean = sum / n;
  return {mean, squares / n - mean * mean};
}

const SampleConfig exact_enough{.solver = "heun", .steps = 200, .n = 20'000, .grid = "log_snr", .t_min = 1e-4};

}  // namespace

TEST_CASE("guidance extrapolates from one score through the other", "[guidance]") {
  const VP sde;
  const Score a = gaussian(1, 0.5).score(sde), b = gaussian(-1, 1).score(sde);
  const Tensor x = Tensor::from({-1.0, 0.2, 3.0}, {3, 1}, Dtype::f64);
  for (const double w : {0.0, 1.0, 3.0}) {
    const Tensor expected = a(x, 0.4) * w + b(x, 0.4) * (1 - w);
    const Tensor got = guide(a, b, sde, {.strength = w})(x, 0.4);
    for (int i = 0; i < 3; ++i) CHECK(got.at(i) == Approx(expected.at(i)).epsilon(1e-12));
  }
  const double noise = std::exp(-sde.marginal(0.4).lambda());
  const Tensor outside = guide(a, b, sde, {.strength = 3, .interval = {noise * 1.01, infinity}})(x, 0.4);
  for (int i = 0; i < 3; ++i) CHECK(outside.at(i) == a(x, 0.4).at(i));
  CHECK_THROWS_AS(guide(a, b, sde, {.strength = std::nan("")}), ConfigError);
  CHECK_THROWS_AS(guide(a, b, sde, {.interval = {2, 1}}), ConfigError);
}

TEST_CASE("rescaling gives denoised samples the unguided deviation back", "[guidance]") {
  const VP sde;
  const GaussianMixture law({{1, -1, 0.5, 2}}, {0.3}), other({{0, 0, 0, 0}}, {1});
  const Score a = law.score(sde), b = other.score(sde);
  const Tensor x = Rng(1).normal({5, 4}, Dtype::f64);
  const auto deviation = [&](const Score& s, std::int64_t row) {
    const Tensor d = denoise(sde, s, x, 0.5);
    double sum = 0, squares = 0;
    for (int i = 0; i < 4; ++i) sum += d.at(row * 4 + i), squares += d.at(row * 4 + i) * d.at(row * 4 + i);
    return std::sqrt(squares / 4 - sum * sum / 16);
  };
  const Score plain = guide(a, b, sde, {.strength = 4}), back = guide(a, b, sde, {.strength = 4, .rescale = 1});
  for (std::int64_t row = 0; row < 5; ++row) {
    CHECK(deviation(back, row) == Approx(deviation(a, row)).epsilon(1e-9));
    CHECK(std::abs(deviation(plain, row) / deviation(a, row) - 1) > 0.1);  // without it, another one
    const Score some = guide(a, b, sde, {.strength = 4, .rescale = 0.3});
    CHECK(deviation(some, row) == Approx(0.3 * deviation(a, row) + 0.7 * deviation(plain, row)).epsilon(1e-9));
  }
}

// x ~ N(0, 1) and y | x ~ Bernoulli(sigmoid(k x)), tilted exactly: log p(y = 1 | x_t) of a Gaussian classifier.
TEST_CASE("a classifier that knows the classes turns the mixture into one of them", "[guidance]") {
  const VP sde;
  const GaussianMixture both({{-1}, {1}}, {0.4}), right({{1}}, {0.4}), left({{-1}}, {0.4});
  const auto logits = [&](const Tensor& x, double t) {  // exact: log densities of the classes at t
    const Marginal at = sde.marginal(t);
    return concat({reshape(left.diffused(at).log_density(x), {x.extent(0), 1}),
                   reshape(right.diffused(at).log_density(x), {x.extent(0), 1})},
                  1);
  };
  const Score guided = guide_by_classifier(both.score(sde), label_gradient(logits, {1}), sde, {});
  const Tensor x = Rng(3).normal({50, 1}, Dtype::f64);
  const Tensor got = guided(x, 0.3), expected = right.score(sde)(x, 0.3);
  for (int i = 0; i < 50; ++i) CHECK(got.at(i) == Approx(expected.at(i)).margin(1e-9));
  const Samples samples = sample(guided, sde, exact_enough, {.shape = {1}});
  const auto [mean, variance] = moments(samples.values);
  const double n = 20'000;
  CHECK(mean == Approx(1).margin(5 * 0.4 / std::sqrt(n)));
  CHECK(variance == Approx(0.16).margin(5 * 0.16 * std::sqrt(2 / n) + 0.002));
  const auto [unguided, wide] = moments(sample(both.score(sde), sde, exact_enough, {.shape = {1}}).values);
  CHECK(std::abs(unguided) < 0.1);  // the control: both classes
  CHECK(wide > 1);
}

TEST_CASE("labels belong to samples, whatever the shard", "[guidance]") {
  const VP sde;
  const GaussianMixture both({{-1}, {1}}, {0.1}), right({{1}}, {0.1}), left({{-1}}, {0.1});
  const auto logits = [&](const Tensor& x, double t) {
    const Marginal at = sde.marginal(t);
    return concat({reshape(left.diffused(at).log_density(x), {x.extent(0), 1}),
                   reshape(right.diffused(at).log_density(x), {x.extent(0), 1})},
                  1);
  };
  const Score guided = guide_by_classifier(both.score(sde), label_gradient(logits, {0, 1, 1}), sde, {});
  SampleConfig config{.solver = "euler_maruyama", .steps = 100, .n = 60};
  const Tensor x = sample(guided, sde, config, {.shape = {1}, .shard = 7}).values;
  const Tensor again = sample(guided, sde, config, {.shape = {1}, .shard = 60}).values;
  for (std::int64_t i = 0; i < 60; ++i) {
    CHECK((x.at(i) > 0) == (i % 3 != 0));
    CHECK(x.at(i) == again.at(i));
  }
}

TEST_CASE("dynamic thresholding bounds what is denoised, and leaves the rest alone", "[guidance]") {
  const VP sde;
  const double t = 0.5;
  const GaussianMixture far({{5, 0.1, -0.2, 0.1}}, {0.01}), near({{0.5, 0.1, -0.2, 0.1}}, {0.01});
  const Tensor x = Rng(2).normal({3, 4}, Dtype::f64);
  const Tensor cut = denoise(sde, threshold(far.score(sde), sde, 0.7), x, t);
  const Tensor kept = denoise(sde, threshold(near.score(sde), sde, 0.7), x, t),
               as_was = denoise(sde, near.score(sde), x, t);
  for (int i = 0; i < 12; ++i) {
    CHECK(std::abs(cut.at(i)) <= 1 + 1e-9);
    CHECK(kept.at(i) == Approx(as_was.at(i)).margin(1e-9));
  }
  CHECK(denoise(sde, far.score(sde), x, t).at(0) > 4);
  // The largest of four values lies above their 0.5-quantile; only it is clamped, and all are scaled alike.
  const Tensor plain = denoise(sde, far.score(sde), x, t),
               scaled = denoise(sde, threshold(far.score(sde), sde, 1), x, t);
  for (int i = 0; i < 4; ++i) CHECK(scaled.at(i) == Approx(plain.at(i) / plain.at(0)).margin(1e-9));
}

TEST_CASE("the quantile of thresholding lies between two values, as torch.quantile's", "[guidance]") {
  // 64 values, 1 … 64: .995 of them is the place 62.685, between 63 and 64.
  std::vector<double> values(64), clamped(64);
  for (std::size_t i = 0; i < 64; ++i) values[i] = static_cast<double>(i + 1);
  for (std::size_t i = 0; i < 64; ++i) clamped[i] = std::min(values[i], 63.685) / 63.685;
  const VP sde;
  const double t = 0.5;
  const Marginal at = sde.marginal(t);
  const Score constant = [&](const Tensor& x, double) {  // whose denoised sample is `values`
    return (Tensor::from(values, {1, 64}, Dtype::f64) * at.alpha - x) * (1 / (at.sigma * at.sigma));
  };
  const Tensor cut = denoise(sde, threshold(constant, sde, 0.995), Tensor::zeros({1, 64}, Dtype::f64), t);
  for (std::int64_t i = 0; i < 64; ++i) CHECK(cut.at(i) == Approx(clamped[static_cast<std::size_t>(i)]).epsilon(1e-12));
}

}  // namespace fokker
