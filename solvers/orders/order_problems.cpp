#include "fokker/solvers/orders/order_problems.h"

#include <cmath>

#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/view.h"
#include "fokker/sde/calculus.h"
#include "fokker/sde/double_well.h"
#include "fokker/sde/function_sde.h"
#include "fokker/sde/gbm.h"
#include "fokker/sde/mixture.h"
#include "fokker/sde/ou.h"
#include "fokker/sde/reverse.h"
#include "fokker/sde/vp.h"
#include "fokker/solvers/steppers/solver.h"

namespace fokker {
namespace {

constexpr std::int64_t finest = 1 << 13;  // steps of what stands for a solution

/// B(1) of a path from 0 to 1.
Tensor last(const BrownianPath& path) { return path.increment(0, 0, 1, 0).w; }

/// Returns the problem with the solution by a solver on the finest grid.  Where SRA1 fits, its own error there is
/// 8^-1.5 of the smallest that is measured.
OrderProblem by_small_steps(OrderProblem problem, const std::string& solver) {
  problem.solution = [sde = problem.sde, solver, from = problem.begin, to = problem.end](const BrownianPath& path,
                                                                                         const Tensor& x0) {
    return solve(*sde, *make_solver(solver), path, x0, uniform_points(from, to, finest));
  };
  return problem;
}

/// x(1) of OU:  e^{−θ} x0 + σ ∫ e^{−θ(1−s)} dB.
/// Each cell of the finest grid contributes  e^{−θ(1−m)} (W − θ h H), the integral of the exponential's line through
/// the cell's midpoint m;  ∫ (s − m) dB = −h H.
Tensor ou_solution(const OrnsteinUhlenbeck& ou, const BrownianPath& path, const Tensor& x0) {
  Tensor x = x0 * std::exp(-ou.theta());
  const auto grid = uniform_points(0, 1, finest);
  for (std::size_t i = 0; i + 1 < grid.size(); ++i) {
    const double h = grid[i + 1] - grid[i], middle = 0.5 * (grid[i] + grid[i + 1]);
    const double kernel = ou.sigma() * std::exp(-ou.theta() * (1 - middle));
    const BrownianIncrement b = path.increment(static_cast<std::int64_t>(i), grid[i], grid[i + 1], 1);
    x = weighted_sum({{1, x}, {kernel, b.w}, {-kernel * ou.theta() * h, b.h}});
  }
  return x;
}

OrderProblem ornstein_uhlenbeck() {
  const OrnsteinUhlenbeck ou(1.5, 1);
  return {.name = "ou",
          .sde = std::make_shared<OrnsteinUhlenbeck>(ou),
          .start = {1},
          .solution = [ou](const BrownianPath& path, const Tensor& x0) { return ou_solution(ou, path, x0); },
          .linear = true};
}

OrderProblem double_well(const std::string& name, double sigma, double kappa) {
  return by_small_steps({.name = name, .sde = std::make_shared<DoubleWell>(sigma, kappa), .start = {0.3}}, "sra1");
}

/// Runs backwards in time, through the times at which the modes part.
OrderProblem reverse_mixture() {
  const VP vp;
  const GaussianMixture mixture({{-1.5}, {0}, {2}}, {0.5, 0.4, 0.6}, {0.4, 0.25, 0.35});
  return by_small_steps({.name = "reverse vp of a mixture",
                         .sde = std::make_shared<ReverseSde>(vp, mixture.score(vp)),
                         .start = {0.4},
                         .begin = 0.5,
                         .end = 0.1},
                        "sra1");
}

OrderProblem geometric(Calculus calculus) {
  const GeometricBrownianMotion gbm(0.3, 0.8);
  return {.name = "gbm",
          .sde = calculus == Calculus::ito ? gbm.clone() : to_stratonovich(gbm),
          .start = {1},
          .solution = [gbm](const BrownianPath& path, const Tensor& x0) { return gbm.exact(x0, last(path), 1); },
          .linear = true};
}

/// x = tanh(½ B + c): nonlinear in drift and noise.
OrderProblem hyperbolic_tangent(Calculus calculus) {
  const double correction = calculus == Calculus::ito ? -0.25 : 0;
  const auto drift = [correction](const Tensor& x, double) { return correction * x * (1 - square(x)); };
  const auto diffusion = [](const Tensor& x, double) { return 0.5 * (1 - square(x)); };
  constexpr double start = 0.3;
  return {
      .name = "tanh",
      .sde = std::make_shared<FunctionSde>(
          drift, diffusion, FunctionSdeConfig{.name = "tanh", .noise = Noise::diagonal, .calculus = calculus}),
      .start = {start},
      .solution = [](const BrownianPath& path, const Tensor&) { return tanh(0.5 * last(path) + std::atanh(start)); }};
}

/// dx = σ A x dB with A² = −1, one Brownian motion:  Itô x(1) = e^{σ²/2} R(σ B) x(0), Stratonovich without the factor.
OrderProblem rotation(Calculus calculus) {
  constexpr double sigma = 0.7;
  const auto still = [](const Tensor& x, double) { return x * 0; };
  const auto turn = [](const Tensor& x, double) { return sigma * concat({slice(x, 1, 1, 2), -slice(x, 1, 0, 1)}, 1); };
  const double length = calculus == Calculus::ito ? std::exp(sigma * sigma / 2) : 1;
  return {.name = "rotation",
          .sde = std::make_shared<FunctionSde>(
              still, turn, FunctionSdeConfig{.name = "rotation", .noise = Noise::scalar, .calculus = calculus}),
          .start = {1, 0},
          .solution =
              [length](const BrownianPath& path, const Tensor&) {
                const Tensor angle = sigma * last(path);
                return length * concat({cos(angle), -sin(angle)}, 1);
              },
          .linear = true};
}

/// Two noises that do not commute:  dx₁ = −½ x₁ dt + dB₁,  dx₂ = −½ x₂ dt + x₁ dB₂; in a step, their Lévy area.
OrderProblem crossed(Calculus calculus) {
  const auto drift = [](const Tensor& x, double) { return -0.5 * x; };
  const auto diffusion = [](const Tensor& x, double) {
    const Tensor a = slice(x, 1, 0, 1), zero = a * 0;
    return reshape(concat({zero + 1, zero, zero, a}, 1), {x.extent(0), 2, 2});
  };
  const FunctionSdeConfig config{.name = "crossed", .noise = Noise::general, .calculus = calculus, .brownian = 2};
  return by_small_steps({.name = "crossed",
                         .sde = std::make_shared<FunctionSde>(drift, diffusion, config),
                         .start = {1, 1},
                         .coarsest = 3},
                        calculus == Calculus::ito ? "euler_maruyama" : "stochastic_heun");
}

}  // namespace

BrownianPath OrderProblem::path(std::uint64_t seed, std::int64_t paths, std::int64_t first) const {
  const Shape state = {paths, static_cast<std::int64_t>(start.size())};
  return {seed, sde->noise_shape(state), begin, end, Dtype::f64, first};
}

Tensor OrderProblem::initial(std::int64_t paths) const {
  const auto dimension = static_cast<std::int64_t>(start.size());
  return Tensor::zeros({paths, dimension}, Dtype::f64) + Tensor::from(start, {1, dimension}, Dtype::f64);
}

const std::vector<OrderProblem>& order_problems() {
  using enum Calculus;
  static const std::vector<OrderProblem> problems = {ornstein_uhlenbeck(),
                                                     double_well("double well", 0.5, 0),
                                                     double_well("double well, fading noise", 0.75, 1),
                                                     reverse_mixture(),
                                                     geometric(ito),
                                                     geometric(stratonovich),
                                                     hyperbolic_tangent(ito),
                                                     hyperbolic_tangent(stratonovich),
                                                     rotation(ito),
                                                     rotation(stratonovich),
                                                     crossed(ito),
                                                     crossed(stratonovich)};
  return problems;
}

double claimed_order(const SolverClaims& claims, const OrderProblem& problem) {
  if (!fits(claims, *problem.sde)) return 0;
  const double order = claims.strong(problem.sde->noise());
  return problem.linear && problem.sde->noise() == Noise::additive && order == 1.5 ? 2 : order;
}

}  // namespace fokker
