#include <cmath>

#include "fokker/core/ops/elementwise.h"
#include "fokker/sde/calculus.h"
#include "fokker/sde/function_sde.h"
#include "fokker/sde/gbm.h"
#include "fokker/sde/ou.h"
#include "fokker/solvers/steppers/solver.h"
#include "tests/support/catch.h"

using namespace fokker;

TEST_CASE("solve refuses what it cannot solve, and names the step of a failure") {
  const OrnsteinUhlenbeck ou(1.5, 1);
  const GeometricBrownianMotion gbm(0.3, 0.8);
  const SequentialNoise noise(0, {3, 1}, Dtype::f64);
  const Tensor x = Tensor::ones({3, 1}, Dtype::f64);
  const auto solver = make_solver("euler_maruyama");
  const auto run = [&](const Sde& sde, std::vector<double> grid) { return solve(sde, *solver, noise, x, grid); };
  CHECK_THROWS_WITH(run(ou, {0}), Catch::Contains("at least two points"));
  CHECK_THROWS_WITH(run(ou, {0, 0.5, 0.4, 1}), Catch::Contains("strictly monotone") && Catch::Contains("point 2"));
  CHECK_THROWS_AS(run(ou, {0, 0.5, 0.5}), ConfigError);
  CHECK_THROWS_AS(uniform_points(0, 1, 0), ConfigError);
  CHECK_THROWS_WITH(solve(ou, *solver, SequentialNoise(0, {3, 2}, Dtype::f64), x, uniform_points(0, 1, 2)),
                    Catch::Contains("expected noise of shape [3, 1]"));
  const FunctionSde broken([](const Tensor& at, double t) { return t > 0.4 ? at * std::nan("") : -at; },
                           [](const Tensor& at, double) { return Tensor::scalar(1, at.dtype()); }, {.name = "broken"});
  try {
    run(broken, uniform_points(0, 1, 4));
    FAIL("no error");
  } catch (const NumericalError& error) {
    CHECK_THAT(error.what(), Catch::Contains("sample 0 of broken") && Catch::Contains("step 3 of 4"));
  }
  const auto stratonovich = to_stratonovich(gbm);
  CHECK_THROWS_WITH(run(*stratonovich, uniform_points(0, 1, 4)),
                    Catch::Contains("stochastic_heun") && Catch::Contains("to_ito"));
  const auto states = solve_path(ou, *solver, noise, x, uniform_points(0, 1, 4));
  CHECK(states.size() == 5);
  CHECK(states.back().at(2) == run(ou, uniform_points(0, 1, 4)).at(2));
}

TEST_CASE("Milstein's method starts at 0 where the diffusion is a power of x") {
  const SequentialNoise noise(0, {3, 1}, Dtype::f64);
  const Tensor x = Tensor::zeros({3, 1}, Dtype::f64);
  for (const double exponent : {0.0, 1.0, 2.0}) {
    const FunctionSde sde([](const Tensor& at, double) { return -at; },
                          [=](const Tensor& at, double) { return 0.3 * power(at, exponent); },
                          {.name = "power", .noise = Noise::diagonal});
    const Tensor end = solve(sde, *make_solver("milstein"), noise, x, uniform_points(0, 1, 8));
    for (std::int64_t i = 0; i < 3; ++i) CHECK((end.at(i) != 0) == (exponent == 0));
    if (exponent > 0) continue;
    const Tensor additive = solve(sde, *make_solver("euler_maruyama"), noise, x, uniform_points(0, 1, 8));
    for (std::int64_t i = 0; i < 3; ++i) CHECK(end.at(i) == Approx(additive.at(i)).epsilon(1e-14));
  }
}
