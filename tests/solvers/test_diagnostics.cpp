#include <cmath>

#include "fokker/core/rng.h"
#include "fokker/solvers/diagnostics.h"
#include "tests/support/catch.h"

using namespace fokker;

namespace {

/// Chains of x ← ρ x + √(1 − ρ²) ξ from their stationary law N(0, 1).
Series autoregression(double rho, std::size_t chains, std::int64_t draws) {
  Series series(chains);
  for (std::size_t c = 0; c < chains; ++c) {
    const Tensor noise = Rng(11).at(static_cast<std::uint32_t>(c)).normal({draws}, Dtype::f64);
    double x = noise.at(0);
    for (std::int64_t i = 0; i < draws; ++i) {
      if (i > 0) x = rho * x + std::sqrt(1 - rho * rho) * noise.at(i);
      series[c].push_back(x);
    }
  }
  return series;
}

/// Four chains of 101 draws by whole numbers, which Python repeats.
Series repeatable() {
  Series series(4);
  for (int c = 0; c < 4; ++c) {
    double x = 0;
    for (int i = 0; i < 101; ++i) {
      x = 0.6 * x + ((i * i * 7919 + (c + 1) * i * 10473 + c * 331) % 1000) / 1000.0 - 0.5;
      series[static_cast<std::size_t>(c)].push_back(x);
    }
  }
  return series;
}

}  // namespace

TEST_CASE("autocorrelation by hand") {
  const std::vector<double> x{1, 2, 3, 4};
  CHECK(autocorrelation(x, 2) == std::vector<double>{1, 0.25, -0.3});
  CHECK_THROWS_AS(autocorrelation(x, 4), ConfigError);
}

TEST_CASE("effective sample size of autoregressions is N (1 − ρ)/(1 + ρ)") {
  constexpr double n = 4 * 40'000;
  for (const double rho : {0.9, 0.5, 0.0, -0.5}) {
    const Series series = autoregression(rho, 4, 40'000);
    const double wanted = n * (1 - rho) / (1 + rho);
    const double error = rho > 0.8 ? 0.18 : 0.09;  // four deviations of a sum of so many autocorrelations
    INFO("ρ = " << rho);
    CHECK(mean_ess(series) == Approx(wanted).epsilon(error));
    CHECK(bulk_ess(series) == Approx(wanted).epsilon(error));
    CHECK(mean_error(series) == Approx(1 / std::sqrt(wanted)).epsilon(error));
    CHECK(rhat(series) < 1.01);
    CHECK(autocorrelation(series[0], 1)[1] == Approx(rho).margin(0.04));
  }
  CHECK(tail_ess(autoregression(0, 4, 40'000)) == Approx(n).epsilon(0.12));
}

TEST_CASE("R-hat sees chains apart in place or in scale") {
  Series apart = autoregression(0, 4, 1000);
  for (double& x : apart[3]) x += 3;
  CHECK(rhat(apart) > 1.3);
  CHECK(bulk_ess(apart) < 20);
  Series wide = autoregression(0, 4, 1000);
  for (double& x : wide[3]) x *= 4;
  CHECK(rhat(wide) > 1.1);
  Series trend = autoregression(0, 4, 1000);
  for (auto& chain : trend)
    for (std::size_t i = 0; i < chain.size(); ++i) chain[i] += 0.003 * static_cast<double>(i);
  CHECK(rhat(trend) > 1.2);  // only halves show it
}

TEST_CASE("diagnostics of draws [draws, chains, ...] by component") {
  const Series a = autoregression(0.3, 2, 500);
  std::vector<double> values;
  for (std::size_t i = 0; i < 500; ++i)
    for (std::size_t c = 0; c < 2; ++c) values.insert(values.end(), {a[c][i], -2 * a[c][i] + 1});
  const auto rows = summarise(Tensor::from(values, {500, 2, 2}, Dtype::f64));
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].bulk_ess == Approx(bulk_ess(a)));
  CHECK(rows[1].mean == Approx(1 - 2 * rows[0].mean));
  CHECK(rows[1].deviation == Approx(2 * rows[0].deviation));
  CHECK(rows[1].rhat == Approx(rows[0].rhat).epsilon(1e-9));
  CHECK(std::isnan(rhat(Series(2, std::vector<double>(10, 1.0)))));
  CHECK_THROWS_AS(rhat(Series(2, std::vector<double>(3, 1.0))), ConfigError);
  CHECK_THROWS_AS(rhat({{1, 2, 3, 4}, {1, 2, 3, 4, 5}}), ConfigError);
}

TEST_CASE("diagnostics agree with ArviZ") {
  // ArviZ 0.23.4: arviz.rhat(method="rank"), ess(method="bulk"), "tail", "mean" and mcse(method="mean") of the same numbers.
  struct Known {
    double shift, rhat, bulk, tail, mean, error;
  };
  for (const Known& known :
       {Known{0.0, 1.0394769218328985, 112.11118211437558, 178.48520464978552, 112.9605974306464, 0.03288397030463379},
        Known{0.4, 1.7194811750224794, 6.828372843071027, 55.474423023208274, 6.666872155061363,
              0.21838148867481416}}) {
    Series series = repeatable();
    for (std::size_t c = 0; c < 4; ++c)
      for (double& x : series[c]) x += known.shift * static_cast<double>(c);
    CHECK(rhat(series) == Approx(known.rhat).epsilon(1e-9));
    CHECK(bulk_ess(series) == Approx(known.bulk).epsilon(1e-9));
    CHECK(tail_ess(series) == Approx(known.tail).epsilon(1e-9));
    CHECK(mean_ess(series) == Approx(known.mean).epsilon(1e-9));
    CHECK(mean_error(series) == Approx(known.error).epsilon(1e-9));
  }
}
