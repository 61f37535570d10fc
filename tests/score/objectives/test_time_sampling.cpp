#include "fokker/score/objectives/time_sampling.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "fokker/score/objectives/denoising.h"
#include "fokker/sde/edm.h"
#include "fokker/sde/ve.h"
#include "fokker/sde/vp.h"
#include "tests/support/catch.h"

using namespace fokker;

namespace {

constexpr double t_min = 1e-3;

struct Estimate {
  double mean, error;
};

/// Mean of f(t)/density over many batches, with its standard error.
template <class F>
Estimate expectation(const TimeSampler& sampler, F f) {
  const int batches = 400, batch = 64;
  double sum = 0, squares = 0;
  for (int step = 0; step < batches; ++step) {
    const TimeDraw draw = sampler.draw(7, static_cast<std::uint32_t>(step), batch, 0, batch);
    double mean = 0;
    for (int i = 0; i < batch; ++i) mean += f(draw.t[i]) * draw.inverse_density[i] / batch;
    sum += mean;
    squares += mean * mean;
  }
  const double mean = sum / batches;
  return {mean, std::sqrt(std::max(0.0, squares / batches - mean * mean) / batches) + 1e-9};
}

}  // namespace

TEST_CASE("every way to draw times keeps expectations over uniform times") {
  const VP sde;
  // ∫ 1/(0.1 + t) dt over [t_min, 1], as a mean
  const double exact = std::log(1.1 / (0.1 + t_min)) / (1 - t_min);
  for (const char* kind : TimeSampler::names()) {
    if (kind == std::string("log_normal")) continue;  // a weighting of its own
    const TimeSampler sampler({.kind = kind, .t_min = t_min}, sde);
    const Estimate estimate = expectation(sampler, [](double t) { return 1 / (0.1 + t); });
    INFO(kind << ": " << estimate.mean << " ± " << estimate.error << ", exact " << exact);
    CHECK(std::abs(estimate.mean - exact) < 4.5 * estimate.error);
    CHECK(expectation(sampler, [](double) { return 1.0; }).mean == Approx(1).margin(4.5 * estimate.error));
  }
}

TEST_CASE("stratified times fall one in each stratum, antithetic ones are equally spaced") {
  const VP sde;
  const int batch = 16;
  const TimeDraw stratified = TimeSampler({.kind = "stratified", .t_min = t_min}, sde).draw(1, 3, batch, 0, batch);
  const TimeDraw antithetic = TimeSampler({.kind = "antithetic", .t_min = t_min}, sde).draw(1, 3, batch, 0, batch);
  std::vector<int> hits(batch);
  std::vector<double> sorted = antithetic.t;
  std::sort(sorted.begin(), sorted.end());
  for (double t : stratified.t) ++hits[std::min(batch - 1, static_cast<int>((t - t_min) / (1 - t_min) * batch))];
  for (int hit : hits) CHECK(hit == 1);
  for (int i = 1; i < batch; ++i) CHECK(sorted[i] - sorted[i - 1] == Approx((1 - t_min) / batch));
}

TEST_CASE("importance sampling turns the likelihood weighting into a constant") {
  const VP sde;
  const TimeDraw draw = TimeSampler({.kind = "importance", .t_min = t_min}, sde).draw(5, 0, 256, 0, 256);
  double low = 1e300, high = 0;
  for (std::size_t i = 0; i < draw.t.size(); ++i) {
    const double product = epsilon_weight("likelihood", Prediction::epsilon, sde, draw.t[i]) * draw.inverse_density[i];
    low = std::min(low, product);
    high = std::max(high, product);
  }
  CHECK(high / low < 1.1);  // the density is constant on cells
  CHECK(epsilon_weight("likelihood", Prediction::epsilon, sde, t_min) /
            epsilon_weight("likelihood", Prediction::epsilon, sde, 1) >
        10);
}

TEST_CASE("the times of a shard are those of the whole batch") {
  const VE sde;
  for (const char* kind : TimeSampler::names()) {
    const TimeSampler sampler({.kind = kind, .t_min = t_min}, sde);
    const TimeDraw whole = sampler.draw(2, 9, 24, 0, 24), part = sampler.draw(2, 9, 24, 7, 5);
    for (int i = 0; i < 5; ++i) CHECK(part.t[i] == whole.t[i + 7]);
  }
  CHECK_THROWS_AS(TimeSampler({.kind = "halton", .t_min = t_min}, sde), ConfigError);
}

TEST_CASE("log-normal noise levels have the mean and deviation asked for") {
  const EDM sde;
  const TimeSampler sampler({.kind = "log_normal", .t_min = sde.t_min(), .mean = -1.2, .deviation = 1.1}, sde);
  const int n = 20'000;
  const TimeDraw draw = sampler.draw(3, 0, n, 0, n);
  double sum = 0, squares = 0;
  for (double t : draw.t) {
    sum += std::log(t) / n;
    squares += std::pow(std::log(t), 2) / n;
  }
  CHECK(std::abs(sum + 1.2) < 4.5 * 1.1 / std::sqrt(n));
  CHECK(std::sqrt(squares - sum * sum) == Approx(1.1).epsilon(4.5 / std::sqrt(2.0 * n)));
  CHECK(draw.inverse_density == std::vector<double>(n, 1.0));
  CHECK(sampler.draw(3, 0, n, 17, 5).t[2] == draw.t[19]);
}

TEST_CASE("levels of a VE diffusion are NCSN's geometric sequence, both ends included") {
  const VE sde({.sigma_min = 0.01, .sigma_max = 1});
  const TimeSampler sampler({.t_min = 1e-12, .levels = 5}, sde);
  std::map<long, int> hits;
  const TimeDraw draw = sampler.draw(1, 0, 500, 0, 500);
  for (double t : draw.t) ++hits[std::lround(1e6 * sde.marginal(t).sigma)];
  REQUIRE(hits.size() == 5);
  double level = 1e4;
  for (const auto& [sigma, count] : hits) {
    CHECK(static_cast<double>(sigma) == Approx(level).epsilon(1e-5));
    CHECK(count == 100);  // stratified
    level *= std::sqrt(10.0);
  }
  CHECK_THROWS_WITH(TimeSampler({.kind = "importance", .t_min = 1e-3, .levels = 5}, sde), Catch::Contains("levels"));
}

TEST_CASE("levels run from t_min to t_max") {
  const VP sde;
  const TimeSampler sampler({.t_min = 0.2, .levels = 9}, sde);
  CHECK(sampler.level_time(0) == Approx(0.2));
  CHECK(sampler.level_time(4) == Approx(0.6));
  CHECK(sampler.level_time(8) == Approx(1));
  const TimeDraw draw = sampler.draw(2, 0, 900, 0, 900);
  CHECK(std::ranges::min(draw.t) == Approx(0.2));
  CHECK(std::ranges::max(draw.t) == Approx(1));
}
