// The solvers made for diffusions: orders on the probability flow, strong orders on one Brownian path, weak orders by
// exact moments, and what they must agree with.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <numbers>

#include "fokker/core/ops/elementwise.h"
#include "fokker/sde/mixture.h"
#include "fokker/sde/registry.h"
#include "fokker/solvers/orders/order_table.h"
#include "fokker/solvers/orders/sampler_order.h"
#include "fokker/solvers/sampling/exponential.h"
#include "fokker/solvers/sampling/registry.h"
#include "fokker/solvers/sampling/sampler.h"
#include "tests/support/catch.h"

using namespace fokker;

namespace {

const auto vp = make_sde({});
const GaussianMixture two({{-1.0}, {0.8}}, {0.5, 0.4}, {0.4, 0.6});
const SampleOptions line{.shape = {1}, .dtype = Dtype::f64};

/// Settings on a grid of equal steps in λ, without the last denoising.
SampleConfig settings(const std::string& solver, std::int64_t steps, std::int64_t n, double t_min) {
  return {.solver = solver, .steps = steps, .n = n, .grid = "log_snr", .denoise = false, .t_min = t_min};
}

double rms(const Tensor& a, const Tensor& b) {
  double sum = 0;
  for (std::int64_t i = 0; i < a.size(); ++i) sum += std::pow(a.at(i) - b.at(i), 2);
  return std::sqrt(sum / static_cast<double>(a.size()));
}

std::vector<SolverSummary> diffusion_solvers() {
  std::vector<SolverSummary> all;
  for (const auto& solver : solver_summaries())
    if (solver.sampler) all.push_back(solver);
  return all;
}

}  // namespace

TEST_CASE("solvers made for diffusions have the orders that they claim on flow and reverse SDE") {
  const auto all = diffusion_solvers();
  const auto rows = measured_orders(std::span<const SolverSummary>(all));
  int of_flow = 0;
  for (const OrderRow& row : rows) {
    INFO(row.solver << ", " << row.kind << ": " << row.measured.value << " ± " << row.measured.half_width);
    CHECK(row.measured.decided());
    if (row.kind == "weak")
      CHECK(row.measured.value > row.declared - MeasuredOrder::margin);  // some do better on a Gaussian
    else
      CHECK(row.verdict() == "agrees");
    of_flow += row.kind == "flow" ? 1 : 0;
  }
  CHECK(of_flow >= 18);
  for (const auto& solver : all) CHECK(std::ranges::count(rows, solver.name, &OrderRow::solver) > 0);
}

TEST_CASE("negative controls of the orders of samplers") {
  // A score that is off by a little has no order at all.
  const auto wrong = [](const Score& score) {
    return [score](const Tensor& x, double t) { return score(x, t) * 1.001; };
  };
  CHECK(SamplerOrders({.samples = 100, .spoil = wrong}).flow("dpmpp_2m").value < 0.3);
  // Numbers by step are another path for each number of steps.
  CHECK(SamplerOrders({.samples = 200, .same_path = false}).strong("ancestral").value < 0.2);
  // A path read in another clock is another path.
  SampleConfig seeds = settings("seeds_2", 1 << 10, 100, 0.1), shark = seeds;
  shark.solver = "shark", shark.clock = "snr";
  seeds.same_path = shark.same_path = true;
  CHECK(rms(sample(two.score(*vp), *vp, seeds, line).values, sample(two.score(*vp), *vp, shark, line).values) > 0.1);
  CHECK_THROWS_AS(SamplerOrders({.samples = 3}), ConfigError);
}

TEST_CASE("stage noise that is drawn independently loses the weak order of a two-stage solver") {
  // What the published form does: the step's noise is fresh where the stage's was.
  const Score linear = GaussianMixture({{0.0}}, {0.5}).score(*vp);
  constexpr double t_min = 0.01;
  const Marginal first = vp->marginal(1), last = vp->marginal(t_min);
  const double prior = std::pow(first.alpha * 0.5, 2) + first.sigma * first.sigma;
  const double exact = std::pow(last.alpha * 0.5, 2) + last.sigma * last.sigma;
  // The exponential midpoint on D = kept·y by hand:  y = e^{−2h} y₀ + (1 − e^{−2h}) D(y_s) + N.
  const auto variance = [&](std::int64_t steps, bool coupled) {
    const auto grid = time_grid("log_snr", *vp, steps, t_min);
    double v = prior / (first.alpha * first.alpha);
    for (std::size_t i = 0; i + 1 < grid.size(); ++i) {
      const double a = vp->marginal(grid[i]).lambda(), b = vp->marginal(grid[i + 1]).lambda(), h = b - a;
      const auto kept = [](double lambda) { return 0.25 / (0.25 + std::exp(-2 * lambda)); };
      const double middle = 0.5 * (a + b), stage = std::exp(-h) + (1 - std::exp(-h)) * kept(a);
      const double gain = -std::expm1(-2 * h) * kept(middle), factor = std::exp(-2 * h) + gain * stage;
      const double half = std::exp(-2 * middle) * -std::expm1(-h), whole = std::exp(-2 * b) * -std::expm1(-2 * h);
      v = factor * factor * v + whole + gain * gain * half + (coupled ? 2 * gain * std::exp(-h) * half : 0);
    }
    return v * last.alpha * last.alpha;
  };
  std::vector<double> together, apart;
  for (int level = 5; level <= 9; ++level) {
    const std::int64_t steps = std::int64_t{1} << level;
    together.push_back(std::abs(variance(steps, true) - exact));
    apart.push_back(std::abs(variance(steps, false) - exact));
    CHECK(detail::sample_variance(*vp, settings("dpmpp_2s_sde", steps, 1, t_min), linear, prior) ==
          Approx(variance(steps, true)).epsilon(1e-10));
  }
  CHECK(detail::order_of(together) > 1.9);
  CHECK(detail::order_of(apart) < 1.1);
}

TEST_CASE("solvers that are one method under two names give the same samples") {
  const Score score = two.score(*vp);
  const auto end = [&](const std::string& solver, std::optional<double> eta, const std::string& clock = "t") {
    SampleConfig config = settings(solver, 20, 50, 0.01);
    config.eta = eta, config.clock = clock;
    return sample(score, *vp, config, line).values;
  };
  CHECK(rms(end("ancestral", {}), end("exponential_euler", {})) < 1e-10);
  CHECK(rms(end("ancestral", {}), end("euler_maruyama", {}, "snr")) < 1e-10);
  CHECK(rms(end("ancestral", {}), end("ddim", 1)) < 1e-14);
  CHECK(rms(end("ddim", {}), end("exponential_euler", 0)) < 1e-10);
  CHECK(rms(end("dpmpp_2m", {}), end("dpmpp_2m_sde", 0)) < 1e-14);
  CHECK(rms(end("dpm_solver_2", {}), end("seeds_2", 0)) < 1e-14);
  CHECK(rms(end("ddim", {}), end("ancestral", {})) > 0.1);
}

TEST_CASE("one step of DPM-Solver++(2M), UniPC and DDIM by the published formulas") {
  const Score score = two.score(*vp);
  const SampleConfig config = settings("dpmpp_2m", 2, 20, 0.2);
  const auto grid = time_grid("log_snr", *vp, 2, 0.2);
  const Tensor x0 = vp->prior({20, 1}, Rng(0), Dtype::f64);
  const Marginal a = vp->marginal(grid[0]), b = vp->marginal(grid[1]), c = vp->marginal(grid[2]);
  const double h = b.lambda() - a.lambda();
  const Tensor d0 = denoise(*vp, score, x0, grid[0]);
  const Tensor x1 = weighted_sum({{b.sigma / a.sigma, x0}, {-b.alpha * std::expm1(-h), d0}});
  const Tensor d1 = denoise(*vp, score, x1, grid[1]);
  // [lu2022pp], r = h₋/h = 1:  D = 1.5 D₁ − 0.5 D₀.
  const Tensor multistep = weighted_sum(
      {{c.sigma / b.sigma, x1}, {-1.5 * c.alpha * std::expm1(-h), d1}, {0.5 * c.alpha * std::expm1(-h), d0}});
  CHECK(rms(sample(score, *vp, config, line).values, multistep) < 1e-9);
  // UniPC's first corrector, ρ = ½, with B(h) = h in place of e^h − 1.
  for (const bool bh1 : {true, false}) {
    const double big = bh1 ? h : -std::expm1(-h);
    const Tensor corrected = weighted_sum({{1, x1}, {0.5 * b.alpha * big, d1}, {-0.5 * b.alpha * big, d0}});
    const Tensor next = weighted_sum(
        {{c.sigma / b.sigma, corrected}, {c.alpha * (-std::expm1(-h) + 0.5 * big), d1}, {-0.5 * c.alpha * big, d0}});
    SampleConfig unipc = config;
    unipc.solver = bh1 ? "unipc_bh1" : "unipc_bh2";
    CHECK(rms(sample(score, *vp, unipc, line).values, next) < 1e-9);
  }
}

TEST_CASE("weights of an exponential step integrate polynomials exactly, at every stiffness") {
  for (const double z : {-6.0, -1.999, -1e-3, 1e-9, 0.5, 2.001, 12.0}) {
    const detail::Kernel kernel{0, 1, z};
    const std::vector<double> places = {1, 0, -0.7, -1.9};
    const auto weights = kernel.weights(places);
    for (int k = 0; k < 4; ++k) {
      double sum = 0, integral = 0;
      for (std::size_t j = 0; j < places.size(); ++j) sum += weights[j] * std::pow(places[j], k);
      constexpr int cells = 20'000;  // by the midpoint rule
      for (int i = 0; i < cells; ++i) {
        const double v = (i + 0.5) / cells;
        integral += std::exp(-z * (1 - v)) * std::pow(v, k) / cells;
      }
      CHECK(sum == Approx(integral).epsilon(1e-7));
    }
  }
}

TEST_CASE("the parabola of ER-SDE-3 shows in the variance on a Gaussian, where it has order 3") {
  const SamplerOrders orders;
  CHECK(orders.weak("er_sde_3").value > 2.9);
  CHECK(orders.weak("er_sde_2").value == Approx(2).margin(MeasuredOrder::margin));
}

TEST_CASE("churn and restart keep the law, and correct what few steps left") {
  // On a Gaussian the variance of both is exact up to the steps' own error; without noise Heun alone decides.
  const Score linear = GaussianMixture({{0.0}}, {0.5}).score(*vp);
  constexpr std::int64_t n = 40'000;
  const auto variance = [&](SampleConfig config) {
    config.n = n;
    const Tensor x = sample(linear, *vp, config, {.shape = {1}, .dtype = Dtype::f64}).values;
    double sum = 0;
    for (std::int64_t i = 0; i < n; ++i) sum += x.at(i) * x.at(i);
    return sum / static_cast<double>(n);
  };
  const Marginal last = vp->marginal(0.02);
  const double exact = std::pow(last.alpha * 0.5, 2) + last.sigma * last.sigma;
  const double error = 5 * exact * std::sqrt(2.0 / n);  // five standard errors of a variance
  SampleConfig churn = settings("edm_heun", 60, n, 0.02);
  churn.grid = "karras", churn.churn = {.amount = 20};
  CHECK(std::abs(variance(churn) - exact) < error);
  churn.churn.noise = 1.1;  // noise of the wrong size
  CHECK(std::abs(variance(churn) - exact) > error);
  SampleConfig restart = settings("restart", 30, n, 0.02);
  restart.grid = "karras", restart.restart = {.low = 0.2, .high = 2, .repeats = 3, .steps = 8};
  CHECK(std::abs(variance(restart) - exact) < error);
}

TEST_CASE("settings that a solver of diffusions would ignore are refused") {
  const Score score = two.score(*vp);
  const auto run = [&](SampleConfig config) { return sample(score, *vp, config, line); };
  CHECK_THROWS_WITH(run({.solver = "dpmpp_2m", .eta = 1.0}), Catch::Contains("dpmpp_2m solves eta = 0 alone"));
  CHECK_THROWS_WITH(run({.solver = "ancestral", .eta = 0.5}), Catch::Contains("eta = 1 alone"));
  CHECK_THROWS_WITH(run({.solver = "ddim", .eta = 1.5}), Catch::Contains("expected eta <= 1"));
  CHECK_THROWS_WITH(run({.solver = "unipc_bh2", .clock = "snr"}), Catch::Contains("has no clock"));
  CHECK_THROWS_WITH(run({.solver = "heun", .churn = {.amount = 1}}), Catch::Contains("edm_heun"));
  CHECK_THROWS_WITH(run({.solver = "heun", .restart = {.repeats = 2}}), Catch::Contains("restart"));
  CHECK_THROWS_WITH(run({.solver = "restart", .restart = {.low = 2, .high = 1}}), Catch::Contains("low < high"));
  CHECK_THROWS_WITH(run({.solver = "restart", .restart = {.low = 1e-6}}), Catch::Contains("[restart]"));
}

TEST_CASE("an eta whose noise would leave the range of the numbers is refused by name") {
  const auto draw = [](const std::string& solver, double eta, Dtype dtype) {
    SampleConfig config = settings(solver, 200, 400, 1e-3);
    config.eta = eta;
    return sample(two.score(*vp), *vp, config, {.shape = {1}, .dtype = dtype}).values;
  };
  for (const char* solver : {"exponential_euler", "dpmpp_2m_sde", "dpmpp_3m_sde", "dpmpp_2s_sde", "sa_solver_2"})
    for (const auto& [dtype, most, name] :
         {std::tuple{Dtype::f32, 4.0, "4.01 for f32"}, std::tuple{Dtype::f64, 8.2, "8.29 for f64"}}) {
      INFO(solver << ", " << name);
      const Tensor x = draw(solver, most, dtype);
      for (const double value : x.to_vector()) CHECK(std::abs(value) < 4);
      CHECK_THROWS_WITH(draw(solver, most + 0.1, dtype), Catch::Contains("[eta] " + std::string(solver)) &&
                                                             Catch::Contains("at most " + std::string(name)));
      CHECK_THROWS_AS(draw(solver, 1e6, dtype), ConfigError);
    }
}
