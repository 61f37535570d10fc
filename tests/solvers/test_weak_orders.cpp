// Weak orders under multiplicative noise, without sampling: on a linear SDE the moments of a step are polynomials.
#include <Eigen/Core>
#include <cmath>

#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/view.h"
#include "fokker/sde/function_sde.h"
#include "fokker/solvers/registry.h"
#include "tests/support/catch.h"
#include "tests/support/slope.h"

using namespace fokker;

namespace {

using Matrix = Eigen::MatrixXd;

/// dx = A x dt + B₁ x dB₁ + B₂ x dB₂ (Itô), its first two moments at 1 from (1, 0.5), exact and after steps.
struct LinearSde {
  Matrix a, b[2];
  FunctionSde sde(Noise noise) const {
    const auto apply = [](const Tensor& x, const Matrix& m) {
      const Tensor u = slice(x, 1, 0, 1), v = slice(x, 1, 1, 2);
      return concat({m(0, 0) * u + m(0, 1) * v, m(1, 0) * u + m(1, 1) * v}, 1);
    };
    const LinearSde self = *this;
    const auto drift = [=](const Tensor& x, double) { return apply(x, self.a); };
    if (noise != Noise::general)
      return {drift, [=](const Tensor& x, double) { return apply(x, self.b[0]); }, {.name = "linear", .noise = noise}};
    const auto both = [=](const Tensor& x, double) {
      return permute(reshape(concat({apply(x, self.b[0]), apply(x, self.b[1])}, 1), {x.extent(0), 2, 2}), {0, 2, 1});
    };
    return {drift, both, {.name = "linear", .noise = noise, .brownian = 2}};
  }
};

Matrix kronecker(const Matrix& a, const Matrix& b) {
  Matrix k(4, 4);
  for (int i = 0; i < 4; ++i)
    for (int j = 0; j < 4; ++j) k(i, j) = a(i / 2, j / 2) * b(i % 2, j % 2);
  return k;
}

Matrix exponential(const Matrix& m) {
  Matrix sum = Matrix::Identity(m.rows(), m.cols()), term = sum;
  for (int i = 1; i < 60; ++i) sum += term = term * m / i;
  return sum;
}

/// Six-point Gauss–Hermite: normal moments up to the eleventh are exact.
constexpr double nodes[] = {-3.3242574335521189, -1.8891758777537109, -0.61670659019259415,
                            0.61670659019259415, 1.8891758777537109,  3.3242574335521189};
constexpr double weights[] = {0.0025557844020562465, 0.088615746041914522, 0.40882846955602919,
                              0.40882846955602919,   0.088615746041914522, 0.0025557844020562465};

/// E R and E R⊗R of one step x⁺ = R x of length h, by quadrature over (W, H) of `brownian` motions.
std::pair<Matrix, Matrix> step_moments(const Solver& solver, const Sde& sde, int brownian, double h) {
  const int variables = 2 * brownian, total = static_cast<int>(std::pow(6, variables));
  std::vector<double> w, area, weight(static_cast<std::size_t>(total), 1);
  for (int q = 0; q < total; ++q)
    for (int v = 0, rest = q; v < variables; ++v, rest /= 6) {
      weight[static_cast<std::size_t>(q)] *= weights[rest % 6];
      (v < brownian ? w : area).push_back(nodes[rest % 6] * std::sqrt(v < brownian ? h : h / 12));
    }
  const Shape noise = {total, brownian};
  const BrownianIncrement b{Tensor::from(w, noise, Dtype::f64), Tensor::from(area, noise, Dtype::f64), {}};
  Tensor column[2];
  for (int j = 0; j < 2; ++j) {
    std::vector<double> unit;
    for (int q = 0; q < total; ++q) unit.push_back(j == 0), unit.push_back(j == 1);
    column[j] = solver.step(sde, b, Tensor::from(unit, {total, 2}, Dtype::f64), 0, h);
  }
  Matrix first = Matrix::Zero(2, 2), second = Matrix::Zero(4, 4);
  for (int q = 0; q < total; ++q) {
    Matrix r(2, 2);
    r << column[0].at(2 * q), column[1].at(2 * q), column[0].at(2 * q + 1), column[1].at(2 * q + 1);
    first += weight[static_cast<std::size_t>(q)] * r;
    second += weight[static_cast<std::size_t>(q)] * kronecker(r, r);
  }
  return {first, second};
}

double weak_order(const Solver& solver, const LinearSde& linear, Noise noise) {
  const int brownian = noise == Noise::general ? 2 : 1;
  const FunctionSde sde = linear.sde(noise);
  const Matrix one = Matrix::Identity(2, 2);
  Matrix generator = kronecker(linear.a, one) + kronecker(one, linear.a);
  for (int k = 0; k < brownian; ++k) generator += kronecker(linear.b[k], linear.b[k]);
  const Eigen::Vector2d x0(1, 0.5);
  const Eigen::Vector4d p0(1, 0.5, 0.5, 0.25);
  const Matrix mean = exponential(linear.a) * x0, square = exponential(generator) * p0;
  std::vector<double> errors;
  for (int level = 3; level < 9; ++level) {
    auto [first, second] = step_moments(solver, sde, brownian, std::ldexp(1.0, -level));
    for (int i = 0; i < level; ++i) first = first * first, second = second * second;
    errors.push_back((first * x0 - mean).norm() + (second * p0 - square).norm());
  }
  return slope(errors);
}

}  // namespace

TEST_CASE("Ito steppers have the weak order that they claim under multiplicative noise") {
  LinearSde linear;
  linear.a = (Matrix(2, 2) << -0.5, 0.3, -0.2, -0.4).finished();
  linear.b[0] = (Matrix(2, 2) << 0.4, 0.2, -0.3, 0.1).finished();
  linear.b[1] = (Matrix(2, 2) << 0.1, -0.5, 0.2, 0.3).finished();
  for (const auto& name : stepper_names()) {
    const auto solver = make_solver(name);
    const SolverClaims claims = solver->claims();
    if (!claims.ito) continue;
    if (claims.strong_diagonal > 0) {
      const double order = weak_order(*solver, linear, Noise::scalar);
      INFO(name << ", one Brownian motion: " << order);
      CHECK(order == Approx(claims.weak).margin(0.15));
    }
    if (claims.strong_general > 0) {
      const double order = weak_order(*solver, linear, Noise::general);
      INFO(name << ", two that do not commute: " << order);
      CHECK(order == Approx(claims.weak).margin(0.15));
    }
  }
}
