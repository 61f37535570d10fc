// Strong orders on paths shared by all step sizes, and weak orders without sampling.
#include <cmath>

#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/view.h"
#include "fokker/sde/calculus.h"
#include "fokker/sde/double_well.h"
#include "fokker/sde/function_sde.h"
#include "fokker/sde/gbm.h"
#include "fokker/sde/ou.h"
#include "fokker/solvers/brownian_path.h"
#include "fokker/solvers/registry.h"
#include "fokker/solvers/sra.h"
#include "tests/support/catch.h"
#include "tests/support/slope.h"

using namespace fokker;

namespace {

constexpr std::int64_t paths = 2000;
constexpr int coarsest = 5, levels = 6, finest = 13;

struct Problem {
  std::string name;
  const Sde& sde;
  Tensor x0, exact;  // x(0) and x(1) of each path
  bool linear;
  const BrownianPath* path = nullptr;  // another than the_path()
  int first_level = coarsest;
};

const BrownianPath& the_path() {
  static const BrownianPath path(2024, {paths, 1}, 0, 1, Dtype::f64);
  return path;
}
Tensor start(double x0) { return Tensor::full({paths, 1}, x0, Dtype::f64); }

/// x(1) of OU:  e^{−θ} x0 + σ ∫ e^{−θ(1−s)} dB, each cell of the finest level by  e^{−θ(1−m)} (W − θ h H), the integral of
/// the exponential's line through the cell's midpoint m;  ∫ (s − m) dB = −h H.
Tensor ou_exact(const OrnsteinUhlenbeck& ou, const Tensor& x0) {
  Tensor x = x0 * std::exp(-ou.theta());
  const auto grid = uniform_points(0, 1, 1 << finest);
  for (std::size_t i = 0; i + 1 < grid.size(); ++i) {
    const double h = grid[i + 1] - grid[i], middle = 0.5 * (grid[i] + grid[i + 1]);
    const double kernel = ou.sigma() * std::exp(-ou.theta() * (1 - middle));
    const BrownianIncrement b = the_path().increment(static_cast<std::int64_t>(i), grid[i], grid[i + 1], 1);
    x = weighted_sum({{1, x}, {kernel, b.w}, {-kernel * ou.theta() * h, b.h}});
  }
  return x;
}

/// SRA1 on the finest level, whose own error is 8^−1.5 of the smallest measured.
Tensor fine_reference(const Sde& sde, const Tensor& x0) {
  return solve(sde, Sra<2>("sra1", sra1), the_path(), x0, uniform_points(0, 1, 1 << finest));
}

/// Redraws W, H or both at every level: paths that refinement does not keep.
class Inconsistent final : public BrownianMotion {
 public:
  Inconsistent(const BrownianMotion& path, bool redraw_w, bool redraw_h, std::uint64_t seed)
      : path_(path), redraw_w_(redraw_w), redraw_h_(redraw_h), fresh_(seed, {paths, 1}, Dtype::f64) {}
  BrownianIncrement increment(std::int64_t step, double t0, double t1, int areas) const override {
    const BrownianIncrement b = path_.increment(step, t0, t1, areas), other = fresh_.increment(step, t0, t1, 1);
    return {redraw_w_ ? other.w : b.w, redraw_h_ ? other.h : b.h, {}};
  }

 private:
  const BrownianMotion& path_;
  bool redraw_w_, redraw_h_;
  SequentialNoise fresh_;
};

struct Order {
  double value, half_width;  // 95 %
};

enum class Defect { none, fresh_area, fresh_noise };

/// The order of the root mean square error at t = 1 over six step sizes, its interval by a bootstrap over paths.
Order strong_order(const Solver& solver, const Problem& problem, Defect defect = Defect::none) {
  std::vector<std::vector<double>> squares;
  const BrownianPath& path = problem.path ? *problem.path : the_path();
  for (int level = problem.first_level; level < problem.first_level + levels; ++level) {
    const Inconsistent wrong(path, defect == Defect::fresh_noise, defect == Defect::fresh_area, 100 + level);
    const BrownianMotion& noise = defect == Defect::none ? static_cast<const BrownianMotion&>(path) : wrong;
    const Tensor x = solve(problem.sde, solver, noise, problem.x0, uniform_points(0, 1, std::int64_t{1} << level));
    squares.emplace_back();
    for (std::int64_t i = 0; i < paths; ++i) squares.back().push_back(std::pow(x.at(i) - problem.exact.at(i), 2));
  }
  const Rng rng(77);
  std::vector<double> slopes;
  for (int replica = 0; replica <= 200; ++replica) {
    std::vector<double> errors(levels);
    for (std::int64_t i = 0; i < paths; ++i) {
      const auto draw = static_cast<std::uint64_t>(replica) * paths + static_cast<std::uint64_t>(i);
      const std::size_t at = replica == 0 ? static_cast<std::size_t>(i) : rng.index(draw, paths);
      for (std::size_t l = 0; l < errors.size(); ++l) errors[l] += squares[l][at];
    }
    for (double& e : errors) e = std::sqrt(e / paths);
    slopes.push_back(slope(errors));
  }
  double variance = 0;
  for (std::size_t i = 1; i < slopes.size(); ++i) variance += std::pow(slopes[i] - slopes[0], 2) / 200;
  return {slopes[0], 1.96 * std::sqrt(variance)};
}

const OrnsteinUhlenbeck ou(1.5, 1);
const DoubleWell constant_well(0.5), fading_well(0.75, 1);
const GeometricBrownianMotion gbm(0.3, 0.8);

const std::vector<Problem>& additive_problems() {
  static const std::vector<Problem> problems = {
      {"ou", ou, start(1), ou_exact(ou, start(1)), true},
      {"double well", constant_well, start(0.3), fine_reference(constant_well, start(0.3)), false},
      {"double well with fading noise", fading_well, start(0.3), fine_reference(fading_well, start(0.3)), false}};
  return problems;
}

/// What order 1.5 leaves out is an integral with f″: on a linear SDE such a method has order 2.
double claimed_order(const Solver& solver, const Problem& problem) {
  const double order = solver.claims().strong_additive;
  return problem.linear && order == 1.5 ? 2 : order;
}

}  // namespace

TEST_CASE("every stepper has the strong order that it claims under additive noise") {
  for (const auto& problem : additive_problems())
    for (const auto& name : stepper_names()) {
      const auto solver = make_solver(name);
      const Order order = strong_order(*solver, problem);
      INFO(name << " on " << problem.name << ": " << order.value << " ± " << order.half_width);
      CHECK(std::abs(order.value - claimed_order(*solver, problem)) < 0.1);
      CHECK(order.half_width < 0.1);
    }
}

TEST_CASE("every stepper that takes diagonal noise has the strong order that it claims, others refuse") {
  const Tensor last = gbm.exact(start(1), the_path().increment(0, 0, 1, 0).w, 1);
  const Problem problem{"gbm", gbm, start(1), last, true};
  for (const auto& name : stepper_names()) {
    const auto solver = make_solver(name);
    if (solver->claims().strong_diagonal == 0 || !solver->claims().ito) {
      CHECK_THROWS_WITH(strong_order(*solver, problem), Catch::Contains("euler_maruyama"));
      continue;
    }
    const Order order = strong_order(*solver, problem);
    INFO(name << ": " << order.value << " ± " << order.half_width);
    CHECK(std::abs(order.value - solver->claims().strong_diagonal) < 0.1);
    CHECK(order.half_width < 0.1);
  }
}

namespace {

/// dx = σ A x dB with A² = −1, one Brownian motion:  Itô x(1) = e^{σ²/2} R(σ B) x(0), Stratonovich without the factor.
FunctionSde rotation(double sigma, Calculus calculus) {
  const auto still = [](const Tensor& x, double) { return x * 0; };
  const auto turn = [sigma](const Tensor& x, double) {
    return sigma * concat({slice(x, 1, 1, 2), -slice(x, 1, 0, 1)}, 1);
  };
  return {still, turn, {.name = "rotation", .noise = Noise::scalar, .calculus = calculus}};
}

Tensor rotated(double sigma, Calculus calculus, const Tensor& b) {
  const Tensor size = Tensor::full(b.shape(), calculus == Calculus::ito ? std::exp(sigma * sigma / 2) : 1, b.dtype());
  return concat({size * cos(sigma * b), -size * sin(sigma * b)}, 1);
}

/// Two noises that do not commute:  dx₁ = −½ x₁ dt + dB₁,  dx₂ = −½ x₂ dt + x₁ dB₂; in a step, their Lévy area.
FunctionSde crossed(Calculus calculus) {
  const auto diffusion = [](const Tensor& x, double) {
    const Tensor a = slice(x, 1, 0, 1), zero = a * 0;
    return reshape(concat({zero + 1, zero, zero, a}, 1), {x.extent(0), 2, 2});
  };
  return {[](const Tensor& x, double) { return -0.5 * x; },
          diffusion,
          {.name = "crossed", .noise = Noise::general, .calculus = calculus, .brownian = 2}};
}

void check_orders(const Problem& problem, double claimed(const SolverClaims&)) {
  int measured = 0;
  for (const auto& name : stepper_names()) {
    const auto solver = make_solver(name);
    const SolverClaims claims = solver->claims();
    const bool calculus = problem.sde.calculus() == Calculus::ito ? claims.ito : claims.stratonovich;
    if (!calculus || claimed(claims) == 0) {
      CHECK_THROWS_AS(strong_order(*solver, problem), ConfigError);
      continue;
    }
    const Order order = strong_order(*solver, problem);
    INFO(name << " on " << problem.name << ": " << order.value << " ± " << order.half_width);
    CHECK(std::abs(order.value - claimed(claims)) < 0.1);
    CHECK(order.half_width < 0.1);
    ++measured;
  }
  CHECK(measured > 1);
}

double diagonal_claim(const SolverClaims& claims) { return claims.strong_diagonal; }
double general_claim(const SolverClaims& claims) { return claims.strong_general; }

}  // namespace

TEST_CASE("steppers have the order that they claim under diagonal noise, in both calculi") {
  const Tensor b = the_path().increment(0, 0, 1, 0).w;
  // x = tanh(½ B + c): nonlinear in drift and noise.
  const auto noise = [](const Tensor& x, double) { return 0.5 * (1 - square(x)); };
  const Tensor last = tanh(0.5 * b + std::atanh(0.3));
  const FunctionSde ito([](const Tensor& x, double) { return -0.25 * x * (1 - square(x)); }, noise,
                        {.name = "tanh", .noise = Noise::diagonal});
  check_orders({"tanh, Ito", ito, start(0.3), last, false}, diagonal_claim);
  const FunctionSde stratonovich([](const Tensor& x, double) { return x * 0; }, noise,
                                 {.name = "tanh", .noise = Noise::diagonal, .calculus = Calculus::stratonovich});
  check_orders({"tanh, Stratonovich", stratonovich, start(0.3), last, false}, diagonal_claim);
  const auto converted = to_stratonovich(gbm);
  check_orders({"gbm, converted", *converted, start(1), gbm.exact(start(1), b, 1), true}, diagonal_claim);
}

TEST_CASE("steppers have the order that they claim under one Brownian motion for all components") {
  const Tensor x0 = concat({start(1), start(0)}, 1);
  for (const Calculus calculus : {Calculus::ito, Calculus::stratonovich}) {
    const FunctionSde sde = rotation(0.7, calculus);
    const Tensor last = rotated(0.7, calculus, the_path().increment(0, 0, 1, 0).w);
    check_orders({"rotation", sde, x0, last, true}, diagonal_claim);
  }
}

TEST_CASE("steppers have the order that they claim under noises that do not commute") {
  static const BrownianPath path(2025, {paths, 2}, 0, 1, Dtype::f64);
  const Tensor x0 = Tensor::ones({paths, 2}, Dtype::f64);
  for (const Calculus calculus : {Calculus::ito, Calculus::stratonovich}) {
    const FunctionSde sde = crossed(calculus);
    const auto reference = make_solver(calculus == Calculus::ito ? "euler_maruyama" : "stochastic_heun");
    const Tensor last = solve(sde, *reference, path, x0, uniform_points(0, 1, 1 << finest));
    check_orders({"crossed", sde, x0, last, false, &path, 3}, general_claim);
  }
}

TEST_CASE("negative controls of the order measurement") {
  const Sra<2> solver("sra1", sra1);
  const auto& problems = additive_problems();
  // A fresh H loses half an order, redrawn noise loses convergence.
  CHECK(strong_order(solver, problems[0], Defect::fresh_area).value < 1.15);
  CHECK(strong_order(solver, problems[2], Defect::fresh_area).value < 1.15);
  CHECK(strong_order(solver, problems[0], Defect::fresh_noise).value < 0.2);
  // β2 with the wrong sign is invisible under constant noise and loses half an order when the noise fades.
  SraTableau<2> wrong = sra1;
  wrong.beta2 = {1, -1};
  CHECK_FALSE(satisfies_order_conditions(wrong));
  CHECK(strong_order(Sra<2>("wrong", wrong), problems[1]).value > 1.4);
  CHECK(strong_order(Sra<2>("wrong", wrong), problems[2]).value < 1.15);
}

TEST_CASE("the order conditions see every entry of a tableau") {
  static_assert(satisfies_order_conditions(sra1));
  const auto broken = [](auto&& change) {
    SraTableau<2> m = sra1;
    change(m);
    return !satisfies_order_conditions(m);
  };
  CHECK(broken([](auto& m) { m.c0[1] = 0.5; }));
  CHECK(broken([](auto& m) { m.c1[0] = 0.5; }));
  CHECK(broken([](auto& m) { m.a0[1][0] = 0.5; }));
  CHECK(broken([](auto& m) { m.a0[0][1] = 0.5; }));
  CHECK(broken([](auto& m) { m.b0[1][0] = 1; }));
  CHECK(broken([](auto& m) { m.alpha = {0.5, 0.5}; }));
  CHECK(broken([](auto& m) { m.beta1 = {0, 1}; }));
  CHECK(broken([](auto& m) { m.beta2 = {1, -1}; }));
}

namespace {

/// On a linear SDE a step is x⁺ = a x + b W + c H: its mean and variance after N steps are exact.
Moments after_steps(const Solver& solver, const OrnsteinUhlenbeck& sde, double x0, int steps) {
  const auto one = [](double value) { return Tensor::full({1, 1}, value, Dtype::f64); };
  const double h = 1.0 / steps;
  const auto step = [&](double x, double w, double area) {
    return solver.step(sde, {one(w), one(area), {}}, one(x), 0, h).item();
  };
  const double a = step(1, 0, 0), b = step(0, 1, 0), c = step(0, 0, 1);
  Moments m{x0, 0};
  for (int i = 0; i < steps; ++i) m = {a * m.mean, a * a * m.variance + b * b * h + c * c * h / 12};
  return m;
}

}  // namespace

TEST_CASE("every stepper has the weak order that it claims, in mean and variance of a linear SDE") {
  for (const auto& name : stepper_names()) {
    const auto solver = make_solver(name);
    const Moments exact = ou.moments(1, 1);
    std::vector<double> mean, variance;
    for (int level = 4; level < 11; ++level) {
      const Moments m = after_steps(*solver, ou, 1, 1 << level);
      mean.push_back(std::abs(m.mean - exact.mean));
      variance.push_back(std::abs(m.variance - exact.variance));
    }
    INFO(name << ": mean " << slope(mean) << ", variance " << slope(variance));
    CHECK(std::min(slope(mean), slope(variance)) == Approx(solver->claims().weak_additive).margin(0.1));
  }
}

TEST_CASE("steppers run backwards in time") {
  // Backwards, OU's drift pushes away from 0: x(0) = e^{θ} x(1) without noise.
  const OrnsteinUhlenbeck quiet(1, 0);
  const Tensor x = Tensor::ones({1, 1}, Dtype::f64);
  for (const auto& name : stepper_names()) {
    const Tensor back =
        solve(quiet, *make_solver(name), SequentialNoise(0, {1, 1}, Dtype::f64), x, uniform_points(1, 0, 4096));
    INFO(name);
    CHECK(back.item() == Approx(std::exp(1)).epsilon(1e-3));
  }
}

TEST_CASE("solver names") {
  CHECK(make_solver("sra1")->name() == "sra1");
  CHECK_THROWS_WITH(make_solver("sra4"), Catch::Contains("did you mean sra"));
  CHECK_THROWS_WITH(make_solver("probability_flow"), Catch::Contains("euler_maruyama"));
  for (const auto& name : stepper_names()) CHECK(make_solver(name)->clone()->name() == name);
  CHECK(solver_summaries().size() > solver_names().size());
}
