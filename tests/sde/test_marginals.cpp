#include <cmath>

#include "fokker/core/ops/elementwise.h"
#include "fokker/sde/edm.h"
#include "fokker/sde/registry.h"
#include "fokker/sde/ve.h"
#include "fokker/sde/vp.h"
#include "tests/support/catch.h"

using namespace fokker;

namespace {

std::vector<std::unique_ptr<ForwardSde>> all_sdes() {
  std::vector<std::unique_ptr<ForwardSde>> sdes;
  for (const auto& name : sde_names()) sdes.push_back(make_sde({.kind = name}));
  return sdes;
}

/// log α and σ² at t_max by the Runge–Kutta solution of  (log α)' = f,  (σ²)' = 2 f σ² + g²  from t = `begin`.
Marginal integrated(const ForwardSde& sde, double begin, double end) {
  constexpr int steps = 20'000;
  const Marginal start = sde.marginal(begin);
  double log_alpha = std::log(start.alpha), variance = start.sigma * start.sigma;
  const double h = (end - begin) / steps;
  for (int i = 0; i < steps; ++i) {
    const double t = begin + i * h, middle = t + 0.5 * h, last = i + 1 == steps ? end : t + h;
    const auto slope = [&](double at, double v) {
      const double g = sde.diffusion_rate(at);
      return 2 * sde.drift_rate(at) * v + g * g;
    };
    const double k1 = slope(t, variance), k2 = slope(middle, variance + 0.5 * h * k1);
    const double k3 = slope(middle, variance + 0.5 * h * k2), k4 = slope(last, variance + h * k3);
    variance += h / 6 * (k1 + 2 * k2 + 2 * k3 + k4);
    log_alpha += h / 6 * (sde.drift_rate(t) + 4 * sde.drift_rate(middle) + sde.drift_rate(last));
  }
  return {std::exp(log_alpha), std::sqrt(variance)};
}

/// σ at the share u of the way of a sigmoid from −3 to 3.
double sigmoid_noise(double u) {
  const auto v = [](double x) { return 1 / (1 + std::exp(-x)); };
  return std::sqrt((v(6 * u - 3) - v(-3)) / (v(3) - v(-3)));
}

}  // namespace

TEST_CASE("f and g integrate to the marginal of every SDE") {
  for (const auto& sde : all_sdes())
    for (const double fraction : {0.1, 0.5, 0.9}) {
      const double t = fraction * sde->t_max();
      INFO(sde->name() << " at t = " << t);
      const Marginal got = integrated(*sde, 0, t), wanted = sde->marginal(t);
      CHECK(got.alpha == Approx(wanted.alpha).epsilon(1e-8));
      CHECK(got.sigma == Approx(wanted.sigma).epsilon(1e-8));
    }
}

TEST_CASE("marginals start at the data and are exact near t = 0") {
  for (const auto& sde : all_sdes()) {
    INFO(sde->name());
    const double noise = sde->name() == "ve"           ? 0.01
                         : sde->name() == "log_linear" ? std::exp(-0.5 * 13.3)
                         : sde->name() == "sigmoid"    ? sigmoid_noise(3e-4)
                                                       : 0;
    CHECK(sde->marginal(0).alpha == Approx(1).epsilon(noise > 0 ? noise * noise : 1e-16));
    CHECK(sde->marginal(0).sigma == Approx(noise).epsilon(1e-6).margin(0));
  }
  // σ² ≈ β₀ t for VP, where 1 − α² would have lost seven digits.
  const double t = 1e-9;
  CHECK(VP().marginal(t).sigma == Approx(std::sqrt(0.1 * t)).epsilon(1e-7));
  CHECK(make_sde({.kind = "sub_vp"})->marginal(t).sigma == Approx(0.1 * t).epsilon(1e-7));
  CHECK(
      make_sde({.kind = "cosine"})->marginal(t).sigma ==
      Approx(std::sqrt(t * 3.14159265358979 / 1.008 * std::tan(0.5 * 3.14159265358979 * 0.008 / 1.008))).epsilon(1e-6));
}

TEST_CASE("known values of the schedules") {
  CHECK(VP().marginal(1).alpha == Approx(std::exp(-0.25 * 19.9 - 0.05)).epsilon(1e-14));
  CHECK(VP().marginal(0.5).alpha == Approx(std::exp(-0.25 * 0.25 * 19.9 - 0.5 * 0.5 * 0.1)).epsilon(1e-14));
  CHECK(VE().marginal(1).sigma == Approx(50).epsilon(1e-13));
  CHECK(VE().marginal(0.5).sigma == Approx(std::sqrt(0.5)).epsilon(1e-13));
  CHECK(EDM().t_max() == 80);
  CHECK(EDM().t_min() == 0.002);
  CHECK(make_sde({.kind = "cosine"})->marginal(0.9946).lambda() == Approx(-4.7776).margin(1e-3));
  const double sub = make_sde({.kind = "sub_vp"})->marginal(0.4).sigma, alpha = VP().marginal(0.4).alpha;
  CHECK(sub == Approx(1 - alpha * alpha).epsilon(1e-13));
}

TEST_CASE("the config of an SDE makes it again, where it is known") {
  for (const auto& name : sde_names()) {
    const SdeConfig given{.kind = name, .beta = {0.2, 11}, .sigma = {0.03, 40}, .gamma = {-9, 4}};
    const auto sde = make_sde(given);
    const auto found = config_of(*sde);
    INFO(name);
    REQUIRE(found);
    CHECK(found->kind == name);
    const auto again = make_sde(*found);
    CHECK(again->t_max() == sde->t_max());
    CHECK(again->marginal(0.3).sigma == sde->marginal(0.3).sigma);
    CHECK(again->marginal(0.3).alpha == sde->marginal(0.3).alpha);
  }
  CHECK(!config_of(*make_sde({.kind = "vp", .shift = 2})));
}

TEST_CASE("time_of_lambda inverts lambda") {
  for (const auto& sde : all_sdes())
    for (const double fraction : {1e-3, 0.01, 0.3, 0.99}) {
      const double t = fraction * sde->t_max();
      INFO(sde->name() << " at t = " << t);
      const double lambda = sde->marginal(t).lambda();
      CHECK(sde->time_of_lambda(lambda) == Approx(t).epsilon(1e-12));
      CHECK(sde->ForwardSde::time_of_lambda(lambda) == Approx(t).epsilon(1e-12));
    }
  for (const auto& sde : all_sdes()) {
    CHECK(sde->time_of_lambda(-1000) == sde->t_max());
    CHECK(sde->time_of_lambda(1000) < 1e-15);
  }
  CHECK(VP().time_of_lambda(-100) == 1);
  CHECK(VP().time_of_lambda(100) < 1e-20);
}

TEST_CASE("drift and diffusion as tensors") {
  const VP sde;
  const Tensor x = Tensor::from({1, -2, 3}, {3, 1}, Dtype::f64);
  const double beta = 0.1 + 0.3 * 19.9;
  CHECK(sde.drift(x, 0.3).at(1) == Approx(beta).epsilon(1e-14));
  CHECK(sde.diffusion(x, 0.3).item() == Approx(std::sqrt(beta)).epsilon(1e-14));
  CHECK(sde.diffusion(x, 0.3).dtype() == Dtype::f64);
}

TEST_CASE("the prior has its deviation and is keyed by sample") {
  for (const auto& sde : all_sdes()) {
    const Tensor all = sde->prior({4000, 3}, Rng(5), Dtype::f64);
    double second = 0;
    for (std::int64_t i = 0; i < all.size(); ++i) second += all.at(i) * all.at(i);
    const double deviation = sde->marginal(sde->t_max()).sigma;
    INFO(sde->name());
    // The relative standard error of a variance from n normals is √(2/n).
    CHECK(second / 12'000 / (deviation * deviation) == Approx(1).margin(4.5 * std::sqrt(2.0 / 12'000)));
    const Tensor some = sde->prior({7, 3}, Rng(5), Dtype::f64, 1001);
    for (std::int64_t i = 0; i < some.size(); ++i) CHECK(some.at(i) == all.at(3 * 1001 + i));
  }
}

TEST_CASE("the log-linear schedule keeps its accuracy at both ends, and its labels are its time") {
  const auto sde = make_sde({.kind = "log_linear", .gamma = {-40, 40}});
  CHECK(sde->marginal(0).sigma == Approx(std::exp(-20.0)).epsilon(1e-14));
  CHECK(sde->marginal(1).alpha == Approx(std::exp(-20.0)).epsilon(1e-14));
  for (double t : {0.0, 0.2, 0.7, 1.0}) {
    CHECK(sde->marginal(t).lambda() == Approx(20 - 40 * t).margin(1e-13));
    CHECK(sde->label(t) == Approx(t).margin(1e-15));
    CHECK(sde->time_of_label(t) == Approx(t).margin(1e-14));
  }
  CHECK_THROWS_WITH(make_sde({.kind = "log_linear", .gamma = {5, 5}}), Catch::Contains("rise"));
  CHECK_THROWS_AS(make_sde({.kind = "log_linear", .gamma = {5}}), ConfigError);
}

TEST_CASE("the sigmoid schedule is one, and its ends mirror each other") {
  const auto sde = make_sde({.kind = "sigmoid"});
  for (double t : {0.0, 0.1, 0.5, 0.8}) {
    CHECK(sde->marginal(t).sigma == Approx(sigmoid_noise(3e-4 + t * (1 - 6e-4))).epsilon(1e-9));
    CHECK(sde->marginal(t).sigma == Approx(sde->marginal(1 - t).alpha).epsilon(1e-9));
  }
}

TEST_CASE("a shift multiplies the SNR by its square, and the diffusion follows") {
  for (const char* kind : {"vp", "cosine", "sigmoid", "log_linear"}) {
    INFO(kind);
    const auto plain = make_sde({.kind = kind}), half = make_sde({.kind = kind, .shift = 0.5});
    for (double u : {0.0, 0.3, 0.9, 1.0}) {
      const double t = plain->t_min() + u * (plain->t_max() - plain->t_min());
      CHECK(half->marginal(u).lambda() == Approx(plain->marginal(t).lambda() + std::log(0.5)).epsilon(1e-9));
    }
    // d log α/dt is the drift rate.
    const double h = 1e-6, slope = std::log(half->marginal(0.4 + h).alpha / half->marginal(0.4 - h).alpha) / (2 * h);
    CHECK(half->drift_rate(0.4) == Approx(slope).epsilon(1e-5));
  }
  CHECK_THROWS_WITH(make_sde({.kind = "ve", .shift = 0.5}), Catch::Contains("variance-preserving"));
}

TEST_CASE("registry of SDEs") {
  CHECK(sde_names() == std::vector<std::string>{"vp", "sub_vp", "ve", "cosine", "edm", "flow", "trigonometric_flow",
                                                "sigmoid", "log_linear"});
  for (const auto& name : sde_names()) CHECK(make_sde({.kind = name})->name() == name);
  CHECK(make_sde({.kind = "ve", .sigma = {0.1, 10}})->marginal(1).sigma == Approx(10));
  CHECK(make_sde({.kind = "edm", .sigma = {0.1, 10}})->t_max() == 10);
  CHECK(make_sde({.kind = "vp", .beta = {1, 1}})->marginal(1).alpha == Approx(std::exp(-0.5)));
  CHECK_THROWS_WITH(make_sde({.kind = "sub_vq"}), Catch::Contains("did you mean \"sub_vp\"?"));
  CHECK_THROWS_AS(make_sde({.kind = "vp", .beta = {20, 0.1}}), ConfigError);
  CHECK_THROWS_AS(make_sde({.kind = "vp", .beta = {20}}), ConfigError);
  CHECK_THROWS_AS(make_sde({.kind = "ve", .sigma = {10, 1}}), ConfigError);
  CHECK_THROWS_AS(make_sde({.kind = "edm", .sigma = {0, 1}}), ConfigError);
}
