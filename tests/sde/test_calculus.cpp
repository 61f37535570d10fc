// SDEs given by functions, and the two calculi.
#include <cmath>

#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/view.h"
#include "fokker/sde/calculus.h"
#include "fokker/sde/examples.h"
#include "fokker/sde/gbm.h"
#include "tests/support/catch.h"

using namespace fokker;

namespace {

Tensor none(const Tensor& x, double) { return Tensor::zeros(x.shape(), x.dtype()); }

/// g = [[0.6, 0.3 x₂], [0.2 x₁, 0.5]]
Tensor crossed(const Tensor& x, double) {
  const Tensor a = slice(x, 1, 0, 1), b = slice(x, 1, 1, 2), one = a * 0 + 1;
  return reshape(concat({0.6 * one, 0.3 * b, 0.2 * a, 0.5 * one}, 1), {x.extent(0), 2, 2});
}

const Tensor point = Tensor::from({0.7, -1.3}, {1, 2}, Dtype::f64);

}  // namespace

TEST_CASE("the noise correction by autodiff is the one by hand") {
  const FunctionSde diagonal(none, [](const Tensor& x, double t) { return sin(x) * t; }, {.noise = Noise::diagonal});
  const Tensor d = noise_correction(diagonal, point, 2);
  CHECK(d.at(0) == Approx(4 * std::sin(0.7) * std::cos(0.7)));
  CHECK(d.at(1) == Approx(-4 * std::sin(1.3) * std::cos(1.3)));
  // g = (x₂, −x₁): (g·∇) g = (−x₁, −x₂).
  const FunctionSde scalar(none,
                           [](const Tensor& x, double) {
                             return concat({slice(x, 1, 1, 2), -slice(x, 1, 0, 1)}, 1);
                           },
                           {.noise = Noise::scalar});
  const Tensor s = noise_correction(scalar, point, 0);
  CHECK(s.at(0) == Approx(-0.7));
  CHECK(s.at(1) == Approx(1.3));
  const FunctionSde general(none, crossed, {.noise = Noise::general, .brownian = 2});
  const Tensor g = noise_correction(general, point, 0);
  CHECK(g.at(0) == Approx(0.3 * 0.5));
  CHECK(g.at(1) == Approx(0.2 * 0.6));
  CHECK_FALSE(g.tracked());
}

TEST_CASE("conversion moves half the correction into the drift, and back") {
  const GeometricBrownianMotion ito(0.3, 0.8);
  const auto stratonovich = to_stratonovich(ito);
  CHECK(stratonovich->calculus() == Calculus::stratonovich);
  CHECK(stratonovich->drift(point, 0).at(0) == Approx((0.3 - 0.32) * 0.7));
  const auto back = to_ito(*stratonovich);
  CHECK(back->calculus() == Calculus::ito);
  CHECK(back->drift(point, 0).at(1) == Approx(0.3 * -1.3));
  CHECK(to_ito(ito)->drift(point, 0).at(0) == Approx(0.3 * 0.7));
}

TEST_CASE("functions are held to the shapes that an SDE promises") {
  CHECK_THROWS_WITH(FunctionSde(none, crossed, {.noise = Noise::general}), Catch::Contains("brownian"));
  CHECK_THROWS_WITH(FunctionSde(none, crossed, {.brownian = 2}), Catch::Contains("brownian"));
  const FunctionSde wrong([](const Tensor& x, double) { return slice(x, 1, 0, 1); },
                          [](const Tensor& x, double) { return slice(x, 1, 0, 1); }, {.name = "mine"});
  CHECK_THROWS_WITH(wrong.drift(point, 0), Catch::Contains("[mine] drift: expected the state's shape [1, 2]"));
  CHECK_THROWS_WITH(wrong.diffusion(point, 0), Catch::Contains("or a scalar"));
  const FunctionSde untracked(none, [](const Tensor& x, double) { return x.clone(); }, {.noise = Noise::diagonal});
  CHECK_THROWS_WITH(noise_correction(untracked, point, 0), Catch::Contains("milstein_free"));
  const FunctionSde general(none, crossed, {.noise = Noise::general, .brownian = 2});
  CHECK(general.noise_shape({7, 2}) == Shape{7, 2});
  CHECK_THROWS_AS(general.noise_shape({7, 2, 1}), ShapeError);
  const FunctionSde scalar(none, none, {.noise = Noise::scalar});
  CHECK(scalar.noise_shape({7, 4, 3}) == Shape{7, 1, 1});
}

TEST_CASE("known facts of the examples") {
  // Lorenz rests where x = y = ±√(8/3·27), z = 27.
  const double rest = std::sqrt(72);
  const Tensor still = lorenz().drift(Tensor::from({-rest, -rest, 27}, {1, 3}, Dtype::f64), 0);
  for (int i = 0; i < 3; ++i) CHECK(still.at(i) == Approx(0).margin(1e-12));
  // Lotka–Volterra's drift runs along the level lines of b (x + y) − c log x − a log y.
  const double a = 1.1, b = 0.4, c = 0.7, x = 0.9, y = 2.3;
  const Tensor f = lotka_volterra(a, b, c).drift(Tensor::from({x, y}, {1, 2}, Dtype::f64), 0);
  CHECK(f.at(0) * (b - c / x) + f.at(1) * (b - a / y) == Approx(0).margin(1e-14));
  CHECK(std::abs(f.at(0)) > 0.01);
}
