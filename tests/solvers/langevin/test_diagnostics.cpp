#include <cmath>
#include <limits>

#include "fokker/core/ops/rng.h"
#include "fokker/solvers/langevin/diagnostics.h"
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

/// Chains by whole numbers, which Python repeats.
Series repeatable(double factor = 0.6, int chains = 4, int draws = 101) {
  Series series(static_cast<std::size_t>(chains));
  for (int c = 0; c < chains; ++c) {
    double x = 0;
    for (int i = 0; i < draws; ++i) {
      x = factor * x + ((i * i * 7919 + (c + 1) * i * 10473 + c * 331) % 1000) / 1000.0 - 0.5;
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

TEST_CASE("diagnostics of short chains, whose lags run out, agree with ArviZ") {
  constexpr double none = std::numeric_limits<double>::quiet_NaN();  // ArviZ has no R-hat of one chain
  struct Known {
    double factor;
    int chains, draws;
    double rhat, bulk, tail, mean, error;
  };
  for (const Known& known : {
           Known{0.6, 1, 4, none, 2.4082399653118496, 2.4082399653118496, 2.4082399653118496, 0.1807385520400138},
           Known{0.6, 1, 5, none, 2.4082399653118496, 2.4082399653118496, 2.4082399653118496, 0.19343956441925825},
           Known{0.6, 1, 6, none, 4.668907502301862, 4.668907502301862, 4.668907502301862, 0.12539833884267967},
           Known{0.6, 1, 7, none, 4.668907502301862, 4.668907502301862, 4.668907502301862, 0.14627086849447624},
           Known{0.6, 1, 8, none, 7.224719895935548, 7.224719895935548, 7.224719895935548, 0.11027918185535843},
           Known{0.6, 1, 10, none, 5.332649227830522, 10.0, 4.354654540000269, 0.1365061177646412},
           Known{0.6, 1, 11, none, 3.972103523771242, 10.0, 3.520002273450331, 0.1514809246414254},
           Known{0.6, 1, 19, none, 10.127271042226507, 18.455696202531648, 9.399352721571802, 0.10195994845563172},
           Known{0.6, 1, 40, none, 4.402957693634773, 21.105248542071642, 4.398713342338634, 0.16880944953437305},
           Known{0.6, 4, 4, 2.4284362172312353, 19.265919722494797, 19.265919722494797, 19.265919722494797,
                 0.09586315883825328},
           Known{0.6, 4, 5, 1.866292892685363, 19.265919722494797, 19.265919722494797, 19.265919722494797,
                 0.09815537450721064},
           Known{0.6, 4, 6, 1.4326605327831143, 33.12506980107854, 33.12506980107854, 33.12506980107854,
                 0.06895742438012871},
           Known{0.6, 4, 7, 1.3509093264001903, 33.12506980107854, 33.12506980107854, 33.12506980107854,
                 0.06843421963169852},
           Known{0.6, 4, 8, 1.3664406330141619, 48.16479930623699, 48.16479930623699, 48.16479930623699,
                 0.053656403683213394},
           Known{0.6, 4, 9, 1.3097834919051867, 48.16479930623699, 48.16479930623699, 48.16479930623699,
                 0.052674666985028},
           Known{0.6, 4, 10, 1.23882227771237, 19.066286203739526, 19.70443349753694, 18.558358327329383,
                 0.08393174595575471},
           Known{0.6, 4, 11, 1.2545804265163962, 18.616952042013356, 14.88833746898263, 18.0746674056897,
                 0.08545398570546162},
           Known{0.6, 4, 13, 1.2091023585480183, 25.16379860636959, 35.72183814558764, 24.506669191546433,
                 0.07402327279263578},
           Known{0.6, 4, 19, 1.0773838526004582, 37.46008296906912, 58.047751249305925, 38.97015602882309,
                 0.05586867384094495},
           Known{0.6, 4, 40, 1.0369582337631287, 59.840592475398466, 115.21502411154947, 61.08019786696947,
                 0.04533137371113187},
           Known{-0.6, 1, 4, none, 2.4082399653118496, 2.4082399653118496, 2.4082399653118496, 0.20984965839679082},
           Known{-0.6, 1, 5, none, 2.4082399653118496, 2.4082399653118496, 2.4082399653118496, 0.18177535349399396},
           Known{-0.6, 1, 6, none, 4.668907502301862, 4.668907502301862, 4.668907502301862, 0.11911339557139612},
           Known{-0.6, 1, 7, none, 4.668907502301862, 4.668907502301862, 4.668907502301862, 0.14627156934670776},
           Known{-0.6, 1, 8, none, 7.224719895935548, 7.224719895935548, 7.224719895935548, 0.1270810080437352},
           Known{-0.6, 1, 10, none, 10.0, 10.0, 10.0, 0.10366433314580804},
           Known{-0.6, 1, 11, none, 10.0, 10.0, 10.0, 0.09921610926932314},
           Known{-0.6, 1, 19, none, 22.594905091859506, 18.455696202531648, 22.594905091859506, 0.058453358603479326},
           Known{-0.6, 1, 40, none, 64.08239965311849, 28.61445783132524, 63.89556473879475, 0.04117519544848741},
           Known{-0.6, 4, 4, 0.8958895698725271, 19.265919722494797, 19.265919722494797, 19.265919722494797,
                 0.0780498833665245},
           Known{-0.6, 4, 5, 1.1092074306589337, 19.265919722494797, 19.265919722494797, 19.265919722494797,
                 0.08069659011988026},
           Known{-0.6, 4, 6, 1.0842108721303778, 33.12506980107854, 33.12506980107854, 33.12506980107854,
                 0.06504833473224729},
           Known{-0.6, 4, 7, 0.936268410185014, 33.12506980107854, 33.12506980107854, 33.12506980107854,
                 0.06481054786616576},
           Known{-0.6, 4, 8, 0.937302269465597, 48.16479930623699, 48.16479930623699, 48.16479930623699,
                 0.05407039482725691},
           Known{-0.6, 4, 9, 0.9231479780807017, 48.16479930623699, 48.16479930623699, 48.16479930623699,
                 0.05325546060522617},
           Known{-0.6, 4, 10, 0.9522508969289336, 64.08239965311849, 30.075187969924812, 64.08239965311849,
                 0.04491396717407657},
           Known{-0.6, 4, 11, 0.9454377242662106, 64.08239965311849, 37.934272300469495, 64.08239965311849,
                 0.044258627524595036},
           Known{-0.6, 4, 13, 1.007503078295952, 80.69957939402819, 66.20689655172413, 80.69957939402819,
                 0.040933901176822704},
           Known{-0.6, 4, 19, 0.9958500537684306, 133.72793974305134, 87.74150230801511, 133.72793974305134,
                 0.030119855760997124},
           Known{-0.6, 4, 40, 1.008328912539478, 352.6591972249479, 150.39226182784773, 352.6591972249479,
                 0.0182955749915446},
       }) {
    INFO(known.chains << " chains of " << known.draws << " draws, factor " << known.factor);
    const Series series = repeatable(known.factor, known.chains, known.draws);
    if (known.chains > 1) CHECK(rhat(series) == Approx(known.rhat).epsilon(1e-9));
    CHECK(bulk_ess(series) == Approx(known.bulk).epsilon(1e-9));
    CHECK(tail_ess(series) == Approx(known.tail).epsilon(1e-9));
    CHECK(mean_ess(series) == Approx(known.mean).epsilon(1e-9));
    CHECK(mean_error(series) == Approx(known.error).epsilon(1e-9));
  }
}

TEST_CASE("diagnostics of too few draws, and of draws that are no numbers, are no numbers") {
  const double infinity = std::numeric_limits<double>::infinity();
  Series holed = repeatable(), stuck(2, std::vector<double>(10, infinity));
  holed[1][17] = std::numeric_limits<double>::quiet_NaN();
  stuck[0][3] = 0;
  for (const Series& series : {holed, repeatable(0.6, 4, 3), stuck}) {
    CHECK(std::isnan(rhat(series)));
    CHECK(std::isnan(mean_ess(series)));
    CHECK(std::isnan(mean_error(series)));
  }
  for (const Series& series : {holed, repeatable(0.6, 4, 3)}) {
    CHECK(std::isnan(bulk_ess(series)));
    CHECK(std::isnan(tail_ess(series)));
  }
  // One infinite draw has a rank all the same.
  Series far = repeatable();
  far[0][49] = infinity;
  CHECK(rhat(far) == Approx(1.0361996626555128).epsilon(1e-9));
  CHECK(bulk_ess(far) == Approx(115.10634222498533).epsilon(1e-9));
  CHECK(std::isnan(mean_ess(far)));
}
