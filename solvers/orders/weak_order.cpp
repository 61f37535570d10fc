#include "fokker/solvers/orders/weak_order.h"

#include <Eigen/Core>
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/view.h"
#include "fokker/sde/function_sde.h"
#include "fokker/sde/gbm.h"
#include "fokker/sde/ou.h"

namespace fokker {
namespace {

using Matrix = Eigen::MatrixXd;

constexpr int coarsest = 3, levels = 6;
constexpr int finest = 14, finest_of_path = 10;  // the latter where each step has moments of its own

Matrix kronecker(const Matrix& a, const Matrix& b) {
  Matrix k(a.rows() * b.rows(), a.cols() * b.cols());
  for (Eigen::Index i = 0; i < a.rows(); ++i)
    for (Eigen::Index j = 0; j < a.cols(); ++j) k.block(i * b.rows(), j * b.cols(), b.rows(), b.cols()) = a(i, j) * b;
  return k;
}

/// This serves matrices whose norm is of the order of one.
Matrix exponential(const Matrix& m) {
  Matrix sum = Matrix::Identity(m.rows(), m.cols()), term = sum;
  for (int i = 1; i < 60; ++i) sum += term = term * m / i;
  return sum;
}

/// x's rows times mᵀ, for x [B, 2].
Tensor apply(const Matrix& m, const Tensor& x) {
  const Tensor u = slice(x, 1, 0, 1), v = slice(x, 1, 1, 2);
  return concat({m(0, 0) * u + m(0, 1) * v, m(1, 0) * u + m(1, 1) * v}, 1);
}

/// dx = A x dt + Σ Bₖ x dBₖ (Itô) in the plane;  in Stratonovich's sense its drift is (A − ½ Σ Bₖ²) x.
WeakProblem linear(const std::string& name, const Matrix& a, const std::vector<Matrix>& b, Calculus calculus) {
  const auto motions = static_cast<std::int64_t>(b.size());
  Matrix drift = a, generator = kronecker(a, Matrix::Identity(2, 2)) + kronecker(Matrix::Identity(2, 2), a);
  for (const Matrix& own : b) {
    if (calculus == Calculus::stratonovich) drift -= 0.5 * own * own;
    generator += kronecker(own, own);
  }
  const auto diffusion = [b, motions](const Tensor& x, double) {
    std::vector<Tensor> columns;
    for (const Matrix& own : b) columns.push_back(apply(own, x));
    return motions == 1 ? columns[0] : permute(reshape(concat(columns, 1), {x.extent(0), motions, 2}), {0, 2, 1});
  };
  FunctionSdeConfig config{.name = name, .noise = Noise::scalar, .calculus = calculus};
  if (motions > 1) config.noise = Noise::general, config.brownian = motions;
  const Eigen::Vector2d x0(1, 0.5);
  const Matrix mean = exponential(a) * x0, second = exponential(generator) * kronecker(x0, x0);
  return {.name = name,
          .sde = std::make_shared<FunctionSde>([drift](const Tensor& x, double) { return apply(drift, x); }, diffusion,
                                               config),
          .start = {x0[0], x0[1]},
          .mean = {mean(0), mean(1)},
          .second = {second(0), second(1), second(2), second(3)}};
}

WeakProblem in_one_dimension(const std::string& name, std::shared_ptr<const Sde> sde, Moments at_one) {
  return {.name = name,
          .sde = std::move(sde),
          .start = {1},
          .mean = {at_one.mean},
          .second = {at_one.variance + at_one.mean * at_one.mean}};
}

/// dx = −θ x dt + σ e^{−κt} dB
WeakProblem fading() {
  constexpr double theta = 1.5, kappa = 1;
  const auto drift = [](const Tensor& x, double) { return -theta * x; };
  const auto diffusion = [](const Tensor& x, double t) { return Tensor::scalar(std::exp(-kappa * t), x.dtype()); };
  const double variance = (std::exp(-2 * kappa) - std::exp(-2 * theta)) / (2 * (theta - kappa));
  WeakProblem problem = in_one_dimension(
      "ou, fading noise", std::make_shared<FunctionSde>(drift, diffusion, FunctionSdeConfig{.name = "fading ou"}),
      {std::exp(-theta), variance});
  problem.autonomous = false;
  return problem;
}

WeakProblem geometric(Calculus calculus) {
  constexpr double mu = 0.3, sigma = 0.8;
  const double rate = calculus == Calculus::ito ? mu : mu - 0.5 * sigma * sigma;
  return in_one_dimension(
      "gbm",
      std::make_shared<FunctionSde>([rate](const Tensor& x, double) { return rate * x; },
                                    [](const Tensor& x, double) { return sigma * x; },
                                    FunctionSdeConfig{.name = "gbm", .noise = Noise::diagonal, .calculus = calculus}),
      GeometricBrownianMotion(mu, sigma).moments(1, 1));
}

/// Six-point Gauss–Hermite: normal moments up to the eleventh are exact.
constexpr int points = 6;
constexpr double nodes[points] = {-3.3242574335521189, -1.8891758777537109, -0.61670659019259415,
                                  0.61670659019259415, 1.8891758777537109,  3.3242574335521189};
constexpr double weights[points] = {0.0025557844020562465, 0.088615746041914522, 0.40882846955602919,
                                    0.40882846955602919,   0.088615746041914522, 0.0025557844020562465};

/// Quadrature points for the increments of M Brownian motions in a step, each `copies` times in succession.
struct Quadrature {
  std::vector<double> weight;
  BrownianIncrement b;
};

Quadrature quadrature(std::int64_t motions, int areas, double h, int copies) {
  const double deviation[] = {std::sqrt(h), std::sqrt(h / 12), std::sqrt(h / 720)};
  const std::int64_t variables = motions * (1 + areas);
  std::int64_t total = 1;
  for (std::int64_t v = 0; v < variables; ++v) total *= points;
  Quadrature result{.weight = std::vector<double>(static_cast<std::size_t>(total), 1), .b = {}};
  std::vector<double> values[3];
  for (std::int64_t q = 0; q < total; ++q)
    for (int copy = 0; copy < copies; ++copy)
      for (std::int64_t v = 0, rest = q; v < variables; ++v, rest /= points) {
        const auto kind = static_cast<std::size_t>(v / motions);
        values[kind].push_back(nodes[rest % points] * deviation[kind]);
        if (copy == 0) result.weight[static_cast<std::size_t>(q)] *= weights[rest % points];
      }
  Tensor* const parts[] = {&result.b.w, &result.b.h, &result.b.k};
  for (int kind = 0; kind <= areas; ++kind)
    *parts[kind] = Tensor::from(values[kind], {total * copies, motions}, Dtype::f64);
  return result;
}

/// Returns E R ⊗ R of the random matrix R by which a step from t multiplies z = (x, 1).  The columns of R are the
/// images of the unit vectors and of 0.
Matrix second_moments(const Solver& solver, const WeakProblem& problem, const Quadrature& noise, double t, double h) {
  const auto dimension = static_cast<Eigen::Index>(problem.start.size());
  std::vector<double> starts;
  for (std::size_t q = 0; q < noise.weight.size(); ++q)
    for (Eigen::Index column = 0; column <= dimension; ++column)
      for (Eigen::Index i = 0; i < dimension; ++i) starts.push_back(i == column ? 1 : 0);
  const auto rows = static_cast<std::int64_t>(noise.weight.size()) * (dimension + 1);
  const Tensor images =
      solver.step(*problem.sde, noise.b, Tensor::from(starts, {rows, dimension}, Dtype::f64), t, t + h);
  Matrix result = Matrix::Zero((dimension + 1) * (dimension + 1), (dimension + 1) * (dimension + 1));
  std::int64_t at = 0;
  for (const double weight : noise.weight) {
    Matrix r = Matrix::Zero(dimension + 1, dimension + 1);
    for (Eigen::Index column = 0; column <= dimension; ++column)
      for (Eigen::Index i = 0; i < dimension; ++i) r(i, column) = images.at(at++);
    r.leftCols(dimension).colwise() -= r.col(dimension).eval();
    r(dimension, dimension) = 1;
    result += weight * kronecker(r, r);
  }
  return result;
}

/// E z ⊗ z at t = 1 after 2^level steps.
Matrix after_steps(const Solver& solver, const WeakProblem& problem, int level) {
  const double h = std::ldexp(1.0, -level);
  const auto dimension = static_cast<std::int64_t>(problem.start.size());
  const std::int64_t motions = problem.sde->noise_shape({1, dimension}).size();
  const Quadrature noise = quadrature(motions, solver.claims().areas, h, static_cast<int>(dimension) + 1);
  Matrix z = Matrix::Ones(dimension + 1, 1);
  for (std::int64_t i = 0; i < dimension; ++i) z(i) = problem.start[static_cast<std::size_t>(i)];
  Matrix moments = kronecker(z, z);
  if (problem.autonomous) {
    Matrix step = second_moments(solver, problem, noise, 0, h);
    for (int i = 0; i < level; ++i) step = (step * step).eval();
    return step * moments;
  }
  for (int i = 0; i < 1 << level; ++i) moments = second_moments(solver, problem, noise, i * h, h) * moments;
  return moments;
}

/// Euclidean errors of the first and the second moments.
std::array<double, 2> errors(const Matrix& moments, const WeakProblem& problem) {
  const auto n = static_cast<Eigen::Index>(problem.start.size());
  double first = 0, second = 0;
  for (Eigen::Index i = 0; i < n; ++i) {
    first += std::pow(moments(i * (n + 1) + n) - problem.mean[static_cast<std::size_t>(i)], 2);
    for (Eigen::Index j = 0; j < n; ++j)
      second += std::pow(moments(i * (n + 1) + j) - problem.second[static_cast<std::size_t>(i * n + j)], 2);
  }
  return {std::sqrt(first), std::sqrt(second)};
}

}  // namespace

const std::vector<WeakProblem>& weak_problems() {
  static const std::vector<WeakProblem> problems = [] {
    const Matrix a = (Matrix(2, 2) << -0.5, 0.3, -0.2, -0.4).finished();
    const Matrix b = (Matrix(2, 2) << 0.4, 0.2, -0.3, 0.1).finished();
    const Matrix c = (Matrix(2, 2) << 0.1, -0.5, 0.2, 0.3).finished();
    const OrnsteinUhlenbeck ou(1.5, 1);
    std::vector<WeakProblem> list = {in_one_dimension("ou", ou.clone(), ou.moments(1, 1)), fading()};
    for (const Calculus calculus : {Calculus::ito, Calculus::stratonovich}) {
      list.push_back(geometric(calculus));
      list.push_back(linear("linear, one noise", a, {b}, calculus));
      list.push_back(linear("linear, two noises", a, {b, c}, calculus));
    }
    return list;
  }();
  return problems;
}

double claimed_order(const SolverClaims& claims, const WeakProblem& problem) {
  if (!fits(claims, *problem.sde)) return 0;
  return problem.sde->noise() == Noise::additive ? claims.weak_additive : claims.weak;
}

MeasuredOrder measured_weak_order(const Solver& solver, const WeakProblem& problem) {
  require_fit(solver, *problem.sde);
  constexpr double rounding = 1e-10;
  std::vector<double> moments[2];
  for (int level = coarsest; level <= (problem.autonomous ? finest : finest_of_path); ++level) {
    const auto found = errors(after_steps(solver, problem, level), problem);
    for (std::size_t m = 0; m < 2; ++m)
      if (found[m] > rounding) moments[m].push_back(found[m]);
  }
  double order = std::numeric_limits<double>::infinity();
  for (const std::vector<double>& moment : moments)
    if (moment.size() >= levels) order = std::min(order, detail::order_of(std::span(moment).last(levels)));
  return {.value = order};
}

}  // namespace fokker
