// Simulated moments against the exact laws.  Euler–Maruyama's own mean and variance follow a recursion, so that the
// simulation is held to its sampling error, and the recursion to the law.
#include <cmath>

#include "fokker/sde/double_well.h"
#include "fokker/sde/gbm.h"
#include "fokker/sde/ou.h"
#include "fokker/sde/registry.h"
#include "fokker/solvers/noise/brownian_path.h"
#include "fokker/solvers/steppers/euler_maruyama.h"
#include "fokker/solvers/steppers/sra.h"
#include "tests/support/catch.h"

using namespace fokker;

namespace {

Moments sample_moments(const Tensor& x) {
  double mean = 0, variance = 0;
  const auto n = static_cast<double>(x.size());
  for (std::int64_t i = 0; i < x.size(); ++i) mean += x.at(i) / n;
  for (std::int64_t i = 0; i < x.size(); ++i) variance += (x.at(i) - mean) * (x.at(i) - mean) / (n - 1);
  return {mean, variance};
}

/// Whether moments of n normal draws are within 4.5 standard errors of `wanted`.
bool agrees(const Moments& got, const Moments& wanted, double n) {
  return std::abs(got.mean - wanted.mean) < 4.5 * std::sqrt(wanted.variance / n) &&
         std::abs(got.variance - wanted.variance) < 4.5 * wanted.variance * std::sqrt(2 / n);
}

constexpr std::int64_t paths = 20'000;

}  // namespace

TEST_CASE("forward SDEs carry a point to their marginal") {
  for (const auto& name : sde_names()) {
    const auto sde = make_sde({.kind = name});
    const double end = 0.5 * sde->t_max(), x0 = 1.5, start = sde->marginal(0).sigma;
    const std::int64_t steps = 400;
    const auto grid = uniform_points(0, end, steps);
    // Data at t = 0 carry the noise of sigma(0), which only VE has.
    const Tensor first = Rng(1).normal({paths, 1}, Dtype::f64);
    Tensor x = Tensor::empty({paths, 1}, Dtype::f64);
    for (std::int64_t i = 0; i < paths; ++i) x.data<double>()[static_cast<std::size_t>(i)] = x0 + start * first.at(i);
    const Tensor last = solve(*sde, EulerMaruyama(), SequentialNoise(3, {paths, 1}, Dtype::f64), x, grid);
    Moments euler{x0, start * start};
    for (std::size_t i = 0; i + 1 < grid.size(); ++i) {
      const double h = grid[i + 1] - grid[i], factor = 1 + h * sde->drift_rate(grid[i]),
                   g = sde->diffusion_rate(grid[i]);
      euler = {factor * euler.mean, factor * factor * euler.variance + h * g * g};
    }
    INFO(name);
    CHECK(agrees(sample_moments(last), euler, paths));
    const auto [alpha, sigma] = sde->marginal(end);
    CHECK(euler.mean == Approx(alpha * x0).epsilon(0.02));
    CHECK(euler.variance == Approx(sigma * sigma).epsilon(0.02));
  }
}

TEST_CASE("noise at the wrong time is rejected") {
  // The same recursion with g of t_max − t has another variance: the check above sees it.
  const auto sde = make_sde({});
  const auto grid = uniform_points(0, 0.5, 400);
  double variance = 0;
  for (std::size_t i = 0; i + 1 < grid.size(); ++i) {
    const double h = grid[i + 1] - grid[i], factor = 1 + h * sde->drift_rate(grid[i]),
                 g = sde->diffusion_rate(1 - grid[i]);
    variance = factor * factor * variance + h * g * g;
  }
  const double sigma = sde->marginal(0.5).sigma;
  CHECK_FALSE(agrees({0, variance}, {0, sigma * sigma}, paths));
}

TEST_CASE("moments of Ornstein-Uhlenbeck and geometric Brownian motion satisfy their equations") {
  const OrnsteinUhlenbeck ou(0.7, 0.4);
  const GeometricBrownianMotion gbm(0.3, 0.6);
  const double x0 = 1.3, t = 0.8, e = 1e-5;
  const auto slope = [&](auto&& f) { return (f(t + e) - f(t - e)) / (2 * e); };
  const Moments a = ou.moments(x0, t), b = gbm.moments(x0, t);
  CHECK(slope([&](double s) { return ou.moments(x0, s).mean; }) == Approx(-0.7 * a.mean).epsilon(1e-8));
  CHECK(slope([&](double s) { return ou.moments(x0, s).variance; }) == Approx(0.16 - 1.4 * a.variance).epsilon(1e-8));
  CHECK(slope([&](double s) { return gbm.moments(x0, s).mean; }) == Approx(0.3 * b.mean).epsilon(1e-8));
  const auto second = [&](double s) {
    const Moments m = gbm.moments(x0, s);
    return m.variance + m.mean * m.mean;
  };
  CHECK(slope(second) == Approx((0.6 + 0.36) * second(t)).epsilon(1e-8));
}

TEST_CASE("Ornstein-Uhlenbeck simulates to its law") {
  const OrnsteinUhlenbeck ou(1.2, 0.8);
  const Tensor x = Tensor::full({paths, 1}, 2, Dtype::f64);
  const Tensor last =
      solve(ou, Sra<2>("sra1", sra1), SequentialNoise(11, {paths, 1}, Dtype::f64), x, uniform_points(0, 1, 64));
  CHECK(agrees(sample_moments(last), ou.moments(2, 1), paths));
  const OrnsteinUhlenbeck other(1.2, 0.8 * std::sqrt(2));
  CHECK_FALSE(agrees(sample_moments(last), other.moments(2, 1), paths));
}

TEST_CASE("geometric Brownian motion: the exact solution has the stated moments, and the simulation follows it") {
  const GeometricBrownianMotion gbm(0.2, 0.5);
  const Tensor x = Tensor::ones({paths, 1}, Dtype::f64);
  const BrownianPath path(4, {paths, 1}, 0, 1, Dtype::f64);
  const Tensor exact = gbm.exact(x, path.increment(0, 0, 1, 0).w, 1);
  const Moments got = sample_moments(exact), wanted = gbm.moments(1, 1);
  CHECK(got.mean == Approx(wanted.mean).margin(4.5 * std::sqrt(wanted.variance / paths)));
  // The fourth central moment of this log-normal is about 8.5 variances squared.
  CHECK(got.variance == Approx(wanted.variance).margin(4.5 * wanted.variance * std::sqrt(7.5 / paths)));
  const Tensor simulated = solve(gbm, EulerMaruyama(), path, x, uniform_points(0, 1, 256));
  double error = 0;
  for (std::int64_t i = 0; i < paths; ++i) error += std::pow(simulated.at(i) - exact.at(i), 2) / paths;
  CHECK(std::sqrt(error) < 0.03);
}

TEST_CASE("double well: stationary law") {
  const DoubleWell well(0.8);
  // Under the stationary law the mean of the generator on x² vanishes.
  CHECK(well.stationary_moment(2) - well.stationary_moment(4) + 0.32 == Approx(0).margin(1e-10));
  CHECK(well.stationary_moment(1) == Approx(0).margin(1e-10));
  const std::int64_t n = 10'000;
  Tensor x = Rng(2).normal({n, 1}, Dtype::f64);
  x = solve(well, Sra<2>("sra1", sra1), SequentialNoise(7, {n, 1}, Dtype::f64), x, uniform_points(0, 12, 240));
  double second = 0, fourth = 0;
  for (std::int64_t i = 0; i < n; ++i) {
    second += x.at(i) * x.at(i) / n;
    fourth += std::pow(x.at(i), 4) / n;
  }
  const double deviation = std::sqrt(well.stationary_moment(4) - std::pow(well.stationary_moment(2), 2));
  CHECK(second == Approx(well.stationary_moment(2)).margin(4.5 * deviation / std::sqrt(n) + 0.002));
  const double deviation4 = std::sqrt(well.stationary_moment(8) - std::pow(well.stationary_moment(4), 2));
  CHECK(fourth == Approx(well.stationary_moment(4)).margin(4.5 * deviation4 / std::sqrt(n) + 0.004));
  CHECK(std::abs(second - DoubleWell(0.8 * std::sqrt(2)).stationary_moment(2)) > 9 * deviation / std::sqrt(n));
}

TEST_CASE("double well: the noise falls with time") {
  const Tensor x = Tensor::zeros({1}, Dtype::f64);
  CHECK(DoubleWell(0.5, 2).diffusion(x, 1).item() == Approx(0.5 * std::exp(-2)));
  CHECK(DoubleWell().drift(Tensor::full({1}, 2, Dtype::f64), 0).item() == Approx(-6));
}
