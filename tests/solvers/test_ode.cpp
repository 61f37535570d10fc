#include <cmath>
#include <cstring>

#include "fokker/core/ops/elementwise.h"
#include "fokker/solvers/ode.h"
#include "tests/support/catch.h"

using namespace fokker;

namespace {

/// x' = −rate·x·(1 + sin 5t)
Tensor decay(const Tensor& x, double t) { return x * (-2 * (1 + std::sin(5 * t))); }
double decayed(double x0, double t0, double t1) {
  const auto integral = [](double t) { return 2 * (t - std::cos(5 * t) / 5); };
  return x0 * std::exp(integral(t0) - integral(t1));
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

TEST_CASE("dopri5 meets its tolerance in both directions") {
  for (const double tolerance : {1e-4, 1e-7, 1e-10})
    for (const auto& [t0, t1] : {std::pair{0.0, 2.0}, std::pair{2.0, 0.5}}) {
      const Tensor x0 = Tensor::from({1, -3, 0.2}, {3, 1}, Dtype::f64);
      const OdeSolution solution = dopri5(decay, x0, t0, t1, {.absolute = tolerance, .relative = tolerance});
      for (std::int64_t i = 0; i < 3; ++i) {
        const double exact = decayed(x0.at(i), t0, t1);
        CHECK(std::abs(solution.x.at(i) - exact) < 20 * tolerance * (1 + std::abs(exact)));
      }
    }
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
  const OdeSolution all = dopri5(van_der_pol, x0, 0, 5);
  std::int64_t least = all.evaluations[0], most = least;
  for (std::int64_t begin = 0; begin < 13; ++begin) {
    const OdeSolution one = dopri5(van_der_pol, x0.rows(begin, begin + 1), 0, 5);
    CHECK(one.x.at(0) == all.x.at(2 * begin));
    CHECK(one.x.at(1) == all.x.at(2 * begin + 1));
    CHECK(one.evaluations[0] == all.evaluations[static_cast<std::size_t>(begin)]);
    least = std::min(least, one.evaluations[0]);
    most = std::max(most, one.evaluations[0]);
  }
  CHECK(most > least);
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
    CHECK(solution.frames[i].at(1) == Approx(decayed(1, 0, framed.frames[i])).epsilon(1e-4));
  CHECK(solution.frames[0].at(0) == 1);
  CHECK(solution.frames[3].at(0) == solution.x.at(0));
  CHECK(solution.x.at(0) == dopri5(decay, x0, 0, 2, plain).x.at(0));
  CHECK(last == 1);
}

TEST_CASE("a field that is not finite ends in an error that names the place") {
  const auto broken = [](const Tensor& x, double t) { return t > 0.5 ? x / 0.0 : x; };
  CHECK_THROWS_WITH(dopri5(broken, Tensor::ones({2, 1}, Dtype::f64), 0, 1),
                    Catch::Contains("t = 0.4") || Catch::Contains("t = 0.5"));
  CHECK_THROWS_AS(dopri5(broken, Tensor::ones({2, 1}, Dtype::f64), 0, 1), NumericalError);
  CHECK_THROWS_AS(dopri5(decay, Tensor::ones({2, 1}), 0, 1, {.absolute = 0}), ConfigError);
}
