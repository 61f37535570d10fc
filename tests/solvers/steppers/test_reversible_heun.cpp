// Reversible Heun with the solution that it carries; strong orders are in test_orders.
#include <Eigen/Core>
#include <cmath>

#include "fokker/core/ops/elementwise.h"
#include "fokker/sde/double_well.h"
#include "fokker/sde/function_sde.h"
#include "fokker/sde/ou.h"
#include "fokker/solvers/orders/order.h"
#include "fokker/solvers/steppers/heun.h"
#include "fokker/solvers/steppers/reversible_heun.h"
#include "fokker/solvers/steppers/solver.h"
#include "tests/support/catch.h"

using namespace fokker;

namespace {

Tensor one(double value) { return Tensor::full({1, 1}, value, Dtype::f64); }

/// (x, y)⁺ of a step of a linear SDE from (x, y) under the increment w.
Eigen::Vector2d stepped(const Sde& sde, double x, double y, double w, double h) {
  SolverState state{one(x), {one(y), sde.drift(one(y), 0), sde.diffusion(one(y), 0)}};
  ReversibleHeun().advance(sde, {one(w), {}, {}}, state, 0, h);
  return {state.x.item(), state.memory[0].item()};
}

using Matrix = Eigen::Matrix<double, 2, 2>;

/// Mean and second moment of x(1) from (x, y) = (1, 1): a step is  s⁺ = A(w) s + b(w), polynomials in w, whose moments
/// six-point Gauss–Hermite quadrature finds exactly.
Eigen::Vector2d moments_after(const Sde& sde, int steps) {
  const double nodes[] = {0.61670659019259415, 1.8891758777537109, 3.3242574335521189};
  const double weights[] = {0.40882846955602919, 0.088615746041914522, 0.0025557844020562465};
  const double h = 1.0 / steps;
  Eigen::Vector2d mean(1, 1);
  Matrix second = Matrix::Ones();
  for (int i = 0; i < steps; ++i) {
    Eigen::Vector2d next_mean = Eigen::Vector2d::Zero();
    Matrix next_second = Matrix::Zero();
    for (int q = 0; q < 6; ++q) {
      const double w = (q < 3 ? 1 : -1) * nodes[q % 3] * std::sqrt(h);
      const Eigen::Vector2d b = stepped(sde, 0, 0, w, h);
      Matrix a;
      a << stepped(sde, 1, 0, w, h) - b, stepped(sde, 0, 1, w, h) - b;
      next_mean += weights[q % 3] * (a * mean + b);
      next_second += weights[q % 3] * (a * second * a.transpose() + a * mean * b.transpose() +
                                       b * mean.transpose() * a.transpose() + b * b.transpose());
    }
    mean = next_mean;
    second = next_second;
  }
  return {mean[0], second(0, 0)};
}

double weak_order(const Sde& sde, const Eigen::Vector2d& exact) {
  std::vector<double> errors;
  for (int level = 3; level < 10; ++level) errors.push_back((moments_after(sde, 1 << level) - exact).norm());
  return detail::order_of(errors);
}

/// How far `steps` steps forwards and as many back end from where they began.
double round_trip(const Solver& solver, const Sde& sde, const Tensor& x0, std::int64_t steps) {
  const SequentialNoise noise(5, x0.shape(), x0.dtype());
  const auto grid = uniform_points(0, 1, steps);
  const detail::Course course{sde, solver, noise, grid};
  SolverState state{x0};
  for (std::size_t i = 0; i < course.steps(); ++i) course.advance(state, course.increment(i, x0.shape()), i);
  for (std::size_t i = course.steps(); i-- > 0;)
    solver.advance(sde, reversed(course.increment(i, x0.shape())), state, grid[i + 1], grid[i]);
  double error = 0;
  for (std::int64_t j = 0; j < x0.size(); ++j) error = std::max(error, std::abs(state.x.at(j) - x0.at(j)));
  return error;
}

}  // namespace

TEST_CASE("reversible Heun has the weak orders that it claims, with the solution that it carries") {
  const SolverClaims claims = ReversibleHeun().claims();
  const OrnsteinUhlenbeck ou(1.5, 1);
  const Moments m = ou.moments(1, 1);
  CHECK(weak_order(ou, {m.mean, m.variance + m.mean * m.mean}) == Approx(claims.weak_additive).margin(0.1));
  const double mu = 0.3, sigma = 0.6;
  const FunctionSde gbm([=](const Tensor& x, double) { return mu * x; },
                        [=](const Tensor& x, double) { return sigma * x; },
                        {.noise = Noise::diagonal, .calculus = Calculus::stratonovich});
  const Eigen::Vector2d exact(std::exp(mu + sigma * sigma / 2), std::exp(2 * mu + 2 * sigma * sigma));
  CHECK(weak_order(gbm, exact) == Approx(claims.weak).margin(0.1));
}

TEST_CASE("a step back undoes a step of the steppers that claim it, and of no other") {
  const DoubleWell well(1, 0.5);
  const Tensor x0 = Rng(3).normal({50, 1}, Dtype::f64);
  int reversible = 0;
  for (const auto& name : stepper_names()) {
    const auto solver = make_solver(name);
    INFO(name);
    CHECK((round_trip(*solver, well, x0, 1) < 1e-12) == solver->claims().reversible);
    reversible += solver->claims().reversible;
  }
  CHECK(reversible == 1);
  const double error = round_trip(ReversibleHeun(), well, x0, 1000);
  INFO(error);
  CHECK(error < 1e-11);
  CHECK(round_trip(StochasticHeun(), well, x0, 1000) > 1e-7);
}

TEST_CASE("reversible Heun spends one evaluation a step, and its first step is Heun's") {
  std::int64_t calls = 0;
  const FunctionSde counted(
      [&](const Tensor& x, double) {
        ++calls;
        return -x;
      },
      [](const Tensor& x, double) { return Tensor::scalar(1, x.dtype()); });
  const Tensor x0 = Tensor::ones({3, 1}, Dtype::f64);
  const SequentialNoise noise(0, {3, 1}, Dtype::f64);
  solve(counted, ReversibleHeun(), noise, x0, uniform_points(0, 1, 20));
  CHECK(calls == 20 * ReversibleHeun().claims().evaluations + 1);
  const std::vector<double> step = {0, 0.1};
  const Tensor ours = solve(counted, ReversibleHeun(), noise, x0, step);
  const Tensor heun = solve(counted, StochasticHeun(), noise, x0, step);
  for (std::int64_t i = 0; i < 3; ++i) CHECK(ours.at(i) == Approx(heun.at(i)).epsilon(1e-14));
}

TEST_CASE("reversed increments are those of the path run backwards") {
  const auto sum = [](const BrownianIncrement& a, const BrownianIncrement& b) { return join(a, 0.3, b, 0.7); };
  const SequentialNoise noise(1, {4, 1}, Dtype::f64);
  const BrownianIncrement first = noise.increment(0, 0, 0.3, 2), second = noise.increment(1, 0.3, 1, 2);
  const BrownianIncrement whole = reversed(sum(first, second));
  const BrownianIncrement parts = join(reversed(second), 0.7, reversed(first), 0.3);
  for (std::int64_t i = 0; i < 4; ++i) {
    CHECK(whole.w.at(i) == Approx(parts.w.at(i)).epsilon(1e-13));
    CHECK(whole.h.at(i) == Approx(parts.h.at(i)).epsilon(1e-13));
    CHECK(whole.k.at(i) == Approx(parts.k.at(i)).epsilon(1e-13));
  }
}
