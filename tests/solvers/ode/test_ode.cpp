#include <cmath>
#include <cstring>

#include "fokker/core/ops/elementwise.h"
#include "fokker/solvers/ode/ode.h"
#include "tests/support/catch.h"

using namespace fokker;

namespace {

/// x' = −rate·x·(1 + sin 5t)
Tensor decay(const Tensor& x, double t) { return x * (-2 * (1 + std::sin(5 * t))); }
double decayed(double x0, double t0, double t1) {
  const auto integral = [](double t) { return 2 * (t - std::cos(5 * t) / 5); };
  return x0 * std::exp(integral(t0) - integral(t1));
}

/// log₂ of the fall of the error from `steps` to twice as many, of x' above on [0, 1].
double measured_order(const std::string& method, std::int64_t steps, double frame = 1) {
  double error[2];
  for (int i = 0; i < 2; ++i) {
    OdeConfig config{.method = method, .steps = steps << i};
    // The frame lies in the middle of a step for either number of steps.
    config.frames = {frame == 1 ? 1 : frame + 0.5 / static_cast<double>(config.steps)};
    const OdeSolution solution = solve_ode(decay, Tensor::ones({1, 1}, Dtype::f64), 0, 1, config);
    error[i] = std::abs(solution.frames[0].item() - decayed(1, 0, config.frames[0]));
  }
  return std::log2(error[0] / error[1]);
}

/// Van der Pol with μ = 4, whose steps differ by initial value.
Tensor van_der_pol(const Tensor& x, double) {
  Tensor f = Tensor::empty(x.shape(), x.dtype());
  const auto from = x.data<double>();
  auto to = f.data<double>();
  for (std::size_t i = 0; i < from.size(); i += 2) {
    to[i] = from[i + 1];
    to[i + 1] = 4 * (1 - from[i] * from[i]) * from[i + 1] - from[i];
  }
  return f;
}

}  // namespace

TEST_CASE("ODE methods have their orders, and so have their frames") {
  CHECK(measured_order("dopri5", 64) == Approx(5).margin(0.15));
  CHECK(measured_order("fehlberg78", 12) == Approx(8).margin(0.4));
  CHECK(measured_order("adams_bashforth_moulton", 1024) == Approx(4).margin(0.15));
  // Inside of a step: an interpolant of order 4 has an error of h⁵ there, which differs from place to place.
  CHECK(measured_order("dopri5", 64, 0.25) == Approx(5).margin(0.4));
  CHECK(measured_order("fehlberg78", 12, 0.25) == Approx(8).margin(0.5));
  CHECK(measured_order("adams_bashforth_moulton", 256, 0.25) == Approx(4).margin(0.15));
}

TEST_CASE("dopri5 and fehlberg78 meet their tolerance in both directions") {
  for (const double tolerance : {1e-4, 1e-7, 1e-10})
    for (const auto& [t0, t1] : {std::pair{0.0, 2.0}, std::pair{2.0, 0.5}}) {
      const Tensor x0 = Tensor::from({1, -3, 0.2}, {3, 1}, Dtype::f64);
      for (const char* method : {"dopri5", "fehlberg78"}) {
        const OdeSolution solution =
            solve_ode(decay, x0, t0, t1, {.method = method, .absolute = tolerance, .relative = tolerance});
        for (std::int64_t i = 0; i < 3; ++i) {
          const double exact = decayed(x0.at(i), t0, t1);
          CHECK(std::abs(solution.x.at(i) - exact) < 20 * tolerance * (1 + std::abs(exact)));
        }
      }
    }
}

TEST_CASE("fehlberg78 is the cheaper one where the tolerance is tight") {
  const Tensor x0 = Tensor::ones({1, 1}, Dtype::f64);
  const auto spent = [&](const char* method, double tolerance) {
    return solve_ode(decay, x0, 0, 2, {.method = method, .absolute = tolerance, .relative = tolerance}).evaluations[0];
  };
  CHECK(spent("fehlberg78", 1e-12) < spent("dopri5", 1e-12));
  CHECK(spent("fehlberg78", 1e-3) > spent("dopri5", 1e-3));
}

TEST_CASE("a method of fixed steps counts its evaluations") {
  const Tensor x0 = Tensor::ones({2, 1}, Dtype::f64);
  const auto spent = [&](const char* method, std::vector<double> frames) {
    return solve_ode(decay, x0, 0, 2, {.method = method, .steps = 20, .frames = std::move(frames)}).evaluations[1];
  };
  CHECK(spent("dopri5", {}) == 1 + 6 * 20);
  CHECK(spent("dopri5", {0.55}) == 1 + 6 * 20);
  CHECK(spent("fehlberg78", {}) == 13 * 20);
  CHECK(spent("fehlberg78", {0.55}) == 13 * 21);
  CHECK(spent("adams_bashforth_moulton", {}) < 2 * 20 + 3 * 13);
}

TEST_CASE("dopri5 spends evaluations where the tolerance asks for them") {
  const Tensor x0 = Tensor::ones({1, 1}, Dtype::f64);
  const auto loose = dopri5(decay, x0, 0, 2, {.absolute = 1e-4, .relative = 1e-4}).evaluations[0];
  const auto tight = dopri5(decay, x0, 0, 2, {.absolute = 1e-10, .relative = 1e-10}).evaluations[0];
  CHECK(loose % 6 == 1);
  CHECK(tight > 3 * loose);
  // Order 5: a factor 10⁶ in tolerance is a factor 16 in steps.
  CHECK(tight < 40 * loose);
  std::int64_t calls = 0;
  const auto counted = [&](const Tensor& x, double t) {
    ++calls;
    return decay(x, t);
  };
  CHECK(dopri5(counted, x0, 0, 2).evaluations[0] == calls);
}

TEST_CASE("a sample's solution does not depend on its batch") {
  const Tensor x0 = Rng(3).normal({13, 2}, Dtype::f64) * 2.0;
  for (const char* method : {"dopri5", "fehlberg78", "adams_bashforth_moulton"}) {
    OdeConfig config{.method = method, .frames = {1.7}};
    if (std::string(method) == "adams_bashforth_moulton") config.steps = 500;
    const OdeSolution all = solve_ode(van_der_pol, x0, 0, 5, config);
    std::int64_t least = all.evaluations[0], most = least;
    for (std::int64_t begin = 0; begin < 13; ++begin) {
      const OdeSolution one = solve_ode(van_der_pol, x0.rows(begin, begin + 1), 0, 5, config);
      for (std::int64_t j = 0; j < 2; ++j) {
        CHECK(one.x.at(j) == all.x.at(2 * begin + j));
        CHECK(one.frames[0].at(j) == all.frames[0].at(2 * begin + j));
      }
      CHECK(one.evaluations[0] == all.evaluations[static_cast<std::size_t>(begin)]);
      least = std::min(least, one.evaluations[0]);
      most = std::max(most, one.evaluations[0]);
    }
    CHECK((most > least) == (config.steps == 0));
  }
}

TEST_CASE("elements held apart meet the tolerance by themselves") {
  // Ninety-nine elements that stand still hide the error of the last in the mean.
  const auto one_moves = [](const Tensor& x, double t) {
    Tensor f = Tensor::zeros(x.shape(), x.dtype());
    f.data<double>()[99] = x.at(99) * (-2 * (1 + std::sin(5 * t)));
    return f;
  };
  const Tensor x0 = Tensor::ones({1, 100}, Dtype::f64);
  const auto spent = [&](std::int64_t apart) {
    return dopri5(one_moves, x0, 0, 2, {.absolute = 1e-8, .relative = 1e-8, .apart = apart}).evaluations[0];
  };
  const auto alone = dopri5(decay, Tensor::ones({1, 1}, Dtype::f64), 0, 2, {.absolute = 1e-8, .relative = 1e-8});
  CHECK(spent(1) == alone.evaluations[0]);
  CHECK(spent(0) < spent(1));
}

TEST_CASE("frames lie on the solution and do not change it") {
  const Tensor x0 = Tensor::ones({2, 1}, Dtype::f64);
  const OdeConfig plain{.absolute = 1e-8, .relative = 1e-8};
  OdeConfig framed = plain;
  framed.frames = {0, 0.31, 1, 2};
  double last = 0;
  framed.progress = [&](double fraction) {
    CHECK(fraction >= last);
    last = fraction;
  };
  const OdeSolution solution = dopri5(decay, x0, 0, 2, framed);
  REQUIRE(solution.frames.size() == 4);
  for (std::size_t i = 0; i < 4; ++i)
    CHECK(solution.frames[i].at(1) == Approx(decayed(1, 0, framed.frames[i])).epsilon(1e-6));
  CHECK(solution.frames[0].at(0) == 1);
  CHECK(solution.frames[3].at(0) == solution.x.at(0));
  CHECK(solution.x.at(0) == dopri5(decay, x0, 0, 2, plain).x.at(0));
  CHECK(last == 1);
}

TEST_CASE("every frame is met, also where times are not exact in binary") {
  const Tensor x0 = Tensor::ones({1, 1}, Dtype::f64);
  for (const char* method : {"dopri5", "fehlberg78"}) {
    OdeConfig config{.method = method, .absolute = 1e-9, .relative = 1e-9};
    for (int i = 0; i <= 37; ++i) config.frames.push_back(i == 37 ? 0.1 : 1.7 - 1.6 * i / 37.0);
    const OdeSolution solution = solve_ode(decay, x0, 1.7, 0.1, config);
    for (std::size_t i = 0; i < config.frames.size(); ++i)
      CHECK(solution.frames[i].item() == Approx(decayed(1, 1.7, config.frames[i])).epsilon(1e-6));
    CHECK(solution.frames.back().item() == solution.x.item());
  }
}

TEST_CASE("what cannot be solved ends in an error that names sample, step and time") {
  const auto broken = [](const Tensor& x, double t) { return t > 0.5 ? x / 0.0 : x; };
  const Tensor x0 = Tensor::ones({2, 1}, Dtype::f64);
  for (const char* method : {"dopri5", "fehlberg78"}) {
    CHECK_THROWS_WITH(
        solve_ode(broken, x0, 0, 1, {.method = method, .first_sample = 40}),
        Catch::Contains("sample 40 is not finite: step") && (Catch::Contains("t = 0.4") || Catch::Contains("t = 0.5")));
    CHECK_THROWS_AS(solve_ode(broken, x0, 0, 1, {.method = method}), NumericalError);
  }
  CHECK_THROWS_WITH(solve_ode(broken, x0, 0, 1, {.method = "adams_bashforth_moulton", .steps = 10}),
                    Catch::Contains("sample 0 is not finite after step 6 of 10") ||
                        Catch::Contains("sample 0 is not finite after step 5 of 10"));
  // Noise of 1e-8 in the field: no step size brings the error below 1e-14.
  const auto noisy = [calls = 0](const Tensor& x, double) mutable { return x * (1 + 1e-8 * (++calls % 7)); };
  CHECK_THROWS_WITH(dopri5(noisy, x0, 0, 1, {.absolute = 1e-14, .relative = 1e-14, .max_steps = 1000}),
                    Catch::Contains("does not meet the tolerance") && Catch::Contains("sample 0") &&
                        Catch::Contains("step 1000, t = 0"));
}

TEST_CASE("ODE settings that do not fit together are refused") {
  const Tensor x0 = Tensor::ones({2, 1});
  CHECK_THROWS_AS(dopri5(decay, x0, 0, 1, {.absolute = 0}), ConfigError);
  CHECK_THROWS_AS(dopri5(decay, x0, 1, 1), ConfigError);
  CHECK_THROWS_AS(dopri5(decay, x0, 0, 1, {.frames = {1.5}}), ConfigError);
  CHECK_THROWS_AS(dopri5(decay, x0, 0, 1, {.apart = 2}), ConfigError);
  CHECK_THROWS_WITH(solve_ode(decay, x0, 0, 1, {.method = "adams_bashforth_moulton"}), Catch::Contains("steps"));
  CHECK_THROWS_WITH(solve_ode(decay, x0, 0, 1, {.method = "dopri"}), Catch::Contains("fehlberg78"));
  CHECK_THROWS_AS(dopri5(decay, Tensor::scalar(1), 0, 1), ShapeError);
}
