// Steppers for stiff drift: what they solve, and where they stay stable.
#include <Eigen/LU>
#include <cmath>

#include "fokker/core/ops/autodiff.h"
#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/matmul.h"
#include "fokker/core/ops/view.h"
#include "fokker/sde/clock.h"
#include "fokker/sde/double_well.h"
#include "fokker/sde/function_sde.h"
#include "fokker/sde/mixture.h"
#include "fokker/sde/ou.h"
#include "fokker/sde/vp.h"
#include "fokker/solvers/sampling/sampler.h"
#include "fokker/solvers/steppers/continuation.h"
#include "fokker/solvers/steppers/euler_maruyama.h"
#include "fokker/solvers/steppers/gmres.h"
#include "fokker/solvers/steppers/implicit.h"
#include "fokker/solvers/steppers/skrock.h"
#include "tests/support/catch.h"

using namespace fokker;

namespace {

Tensor one(double value) { return Tensor::full({1, 1}, value, Dtype::f64); }

/// A step of OU is x⁺ = a x + b W.
struct Linear {
  double a, b;
  double stationary_variance(double h) const { return b * b * h / (1 - a * a); }
};
Linear step_of(const Solver& solver, double theta, double sigma, double h) {
  const OrnsteinUhlenbeck ou(theta, sigma);
  const auto step = [&](double x, double w) { return solver.step(ou, {one(w), {}, {}}, one(x), 0, h).item(); };
  return {step(1, 0), step(0, 1)};
}

/// The largest p with |x⁺| ≤ |x| on dx = −q x dt for all q h up to p.
double stability_length(const Solver& solver, double limit) {
  for (double p = 0.01; p < limit; p += limit / 4000)
    if (std::abs(step_of(solver, p, 1, 1).a) > 1) return p;
  return limit;
}

FunctionSde function_sde(StateFunction drift, const char* name) {
  return {std::move(drift), [](const Tensor& x, double) { return Tensor::scalar(0.5, x.dtype()); }, {.name = name}};
}

}  // namespace

TEST_CASE("stiff OU: the implicit and the stabilised step stay bounded, Euler-Maruyama does not") {
  constexpr double theta = 1000, h = 0.04;  // θ h = 40
  const double sigma = std::sqrt(2 * theta);
  CHECK(std::abs(step_of(EulerMaruyama{}, theta, sigma, h).a) == Approx(39));
  const Linear implicit = step_of(ImplicitEuler{}, theta, sigma, h);
  CHECK(implicit.a == Approx(1 / 41.0));
  CHECK(implicit.stationary_variance(h) == Approx(1 / (1 + theta * h / 2)));
  const Linear stabilised = step_of(SkRock{}, theta, sigma, h);
  CHECK(std::abs(stabilised.a) < 0.96);
  CHECK(stabilised.stationary_variance(h) < 1);
}

TEST_CASE("SK-ROCK on OU is the pair of Chebyshev polynomials of its definition") {
  // x⁺ = T₅(y)/T₅(ω₀) x + U₄(y)/U₄(ω₀) (1 + ω₁ p/2) W,  y = ω₀ + ω₁ p [abdulle2018].
  const auto t5 = [](double y) { return 16 * std::pow(y, 5) - 20 * std::pow(y, 3) + 5 * y; };
  const auto u4 = [](double y) { return 16 * std::pow(y, 4) - 12 * y * y + 1; };
  const double omega0 = 1 + 0.05 / 25, omega1 = t5(omega0) / (5 * u4(omega0));
  for (const double p : {-0.01, -1.0, -7.0, -25.0, -48.0}) {
    const Linear step = step_of(SkRock{}, -p, 1, 1);
    const double y = omega0 + omega1 * p;
    CHECK(step.a == Approx(t5(y) / t5(omega0)).epsilon(1e-12).margin(1e-12));
    CHECK(step.b == Approx(u4(y) / u4(omega0) * (1 + omega1 * p / 2)).epsilon(1e-12).margin(1e-12));
  }
}

TEST_CASE("the stability length of SK-ROCK grows with the square of its stages") {
  for (const int stages : {1, 2, 3, 5, 10, 20}) {
    const double claimed = (2 - 4 * 0.05 / 3) * stages * stages;
    const double measured = stability_length(SkRock(stages), 1.5 * claimed);
    INFO(stages << " stages: " << measured << " of " << claimed);
    CHECK(measured > 0.99 * claimed);
    CHECK(measured < 1.06 * claimed);
  }
  CHECK(stability_length(EulerMaruyama{}, 4) == Approx(2).epsilon(0.01));
  CHECK(stability_length(ImplicitEuler{}, 4000) == 4000);
  CHECK(SkRock(7).claims().evaluations == 7);
  CHECK_THROWS_AS(SkRock(0), ConfigError);
  CHECK_THROWS_AS(SkRock(5, 0), ConfigError);
}

TEST_CASE("SK-ROCK is stable in mean square where the noise is multiplicative") {
  // dx = −q x dt + √q x dB is stable for q > 0; |A|² + B² q h ≤ 1, where x⁺ = (A + B √q W) x.
  const SkRock solver(8);
  const auto growth = [&](double p) {
    const FunctionSde sde([p](const Tensor& x, double) { return -p * x; },
                          [p](const Tensor& x, double) { return std::sqrt(p) * x; },
                          {.name = "linear", .noise = Noise::diagonal});
    const auto step = [&](double w) { return solver.step(sde, {one(w), {}, {}}, one(1), 0, 1).item(); };
    const double a = step(0), b = step(1) - a;
    return a * a + b * b;
  };
  for (double p = 0.05; p < 110; p += 0.05) REQUIRE(growth(p) <= 1 + 1e-12);
  CHECK(growth(140) > 1);
}

TEST_CASE("a stiff double well with steps far above the explicit limit") {
  constexpr std::int64_t n = 500;
  const double k = 200;
  const auto drift = [k](const Tensor& x, double) { return k * (x - x * square(x)); };
  const FunctionSde well = function_sde(drift, "stiff well");
  const Tensor x0 = Rng(1).normal({n, 1}, Dtype::f64);
  const SequentialNoise noise(2, {n, 1}, Dtype::f64);
  const auto grid = uniform_points(0, 2, 72);  // h f' = −11 in the wells, −60 and beyond at |x| > 2
  CHECK_THROWS_AS(solve(well, EulerMaruyama{}, noise, x0, grid), NumericalError);
  // The stationary law: |x| near 1, E x² = 1 − O(σ²/k).
  for (const Solver* solver :
       {static_cast<const Solver*>(new ImplicitEuler), static_cast<const Solver*>(new SkRock(20))}) {
    const std::unique_ptr<const Solver> owned(solver);
    const Tensor x = solve(well, *solver, noise, x0, grid);
    double moment = 0, largest = 0;
    for (const double value : x.to_vector()) {
      moment += value * value / n;
      largest = std::max(largest, std::abs(value));
    }
    INFO(solver->name() << ": E x² " << moment << ", largest " << largest);
    CHECK(moment == Approx(1).margin(0.02));
    CHECK(largest < 1.3);
  }
}

TEST_CASE("the implicit step solves its equation, for the reverse diffusion in every clock") {
  const VP vp;
  const GaussianMixture mixture = GaussianMixture::ring();
  for (const auto& name : clock_names())
    for (const Dtype dtype : {Dtype::f64, Dtype::f32}) {
      const auto sde = clocked_reverse(vp, mixture.score(vp), clock(name));
      const double t0 = to_clock(vp, clock(name), 0.4), t1 = to_clock(vp, clock(name), 0.15), h = t1 - t0;
      const Tensor x = sde->enter(Rng(1).normal({200, 2}, dtype), 0.4);
      const SequentialNoise noise(2, {200, 2}, dtype);
      const BrownianIncrement b = noise.increment(0, t0, t1, 0);
      const Tensor y = ImplicitEuler{}.step(*sde, b, x, t0, t1);
      const detail::NoiseTerm driven[] = {{sde->diffusion(x, t0), 1, 0}};
      const Tensor known = detail::advance(x, {}, driven, b);
      const Tensor residual = weighted_sum({{1, y}, {-h, sde->drift(y, t1)}, {-1, known}});
      const std::vector<double> wrong = detail::row_norms(residual), size = detail::row_norms(known);
      double worst = 0;
      for (std::size_t i = 0; i < wrong.size(); ++i) worst = std::max(worst, wrong[i] / (1 + size[i]));
      INFO(name << ": " << worst);
      CHECK(worst < (dtype == Dtype::f64 ? 1e-8 : 1e-3));
    }
}

TEST_CASE("the implicit step finds a root wherever one exists, for every sample of the ring") {
  // Their denoiser lies within the ring, so that every equation has a root; Newton's method alone fails on some.
  const VP vp;
  const GaussianMixture mixture = GaussianMixture::ring();
  for (const std::string clock : {"t", "log_snr", "snr"})
    for (const std::int64_t steps : {2, 5, 10}) {
      SampleConfig config{.solver = "implicit_euler", .steps = steps, .n = 1000, .seed = 1};
      config.clock = clock;
      config.grid = "log_snr";
      INFO(clock << ", " << steps << " steps");
      for (const Dtype dtype : {Dtype::f32, Dtype::f64})
        CHECK_NOTHROW(sample(mixture.score(vp), vp, config, {.shape = {2}, .dtype = dtype}));
    }
}

TEST_CASE("a root that Newton's method cannot reach is found along the curve of solutions") {
  // y = −8 + h sinh-like fold: the curve y = known + λ h f(y) turns back twice between λ = 0 and 1.
  const auto f = [](const Tensor& y) { return 6.0 * tanh(4.0 * (y + 1.0)) + 4.0; };
  for (const double known : {-8.0, -6.5, -5.0, 3.0}) {
    const Tensor y = detail::continued_root(f, one(known), 1);
    CHECK(y.item() - known - f(y).item() == Approx(0).margin(1e-8));
  }
  CHECK(std::isnan(detail::continued_root([](const Tensor& y) { return square(y) + 1.0; }, one(1), 1).item()));
}

TEST_CASE("GMRES solves small systems exactly and large clustered ones, row by row") {
  for (const std::int64_t d : {std::int64_t{1}, std::int64_t{7}, std::int64_t{90}}) {
    // Seven eigenvalues apart from 1, as of a stiff drift with few fast directions.
    Eigen::MatrixXd matrix = Eigen::MatrixXd::Identity(d, d);
    const std::vector<double> u = Rng(3).normal({7 * d}, Dtype::f64).to_vector();
    for (std::int64_t k = 0; k < std::min<std::int64_t>(7, d); ++k)
      for (std::int64_t i = 0; i < d; ++i)
        for (std::int64_t j = 0; j < d; ++j)
          matrix(i, j) += 30 * u[static_cast<std::size_t>(k * d + i)] * u[static_cast<std::size_t>(k * d + j)];
    std::vector<double> rows;
    for (std::int64_t i = 0; i < d * d; ++i) rows.push_back(matrix(i / d, i % d));
    const Tensor a = Tensor::from(rows, {d, d}, Dtype::f64), b = Rng(4).normal({3, d}, Dtype::f64);
    const auto apply = [&](const Tensor& v) { return matmul(v, a, Transpose::no, Transpose::yes); };
    const Tensor x = detail::gmres(apply, b, 1e-12);
    for (std::int64_t i = 0; i < 3; ++i) {
      Eigen::VectorXd right(d);
      for (std::int64_t j = 0; j < d; ++j) right(j) = b.at(i * d + j);
      const Eigen::VectorXd exact = matrix.partialPivLu().solve(right);
      for (std::int64_t j = 0; j < d; ++j) REQUIRE(x.at(i * d + j) == Approx(exact(j)).margin(1e-8));
    }
    const Tensor alone = detail::gmres(apply, b.rows(1, 2), 1e-12);
    for (std::int64_t j = 0; j < d; ++j) REQUIRE(alone.at(j) == x.at(d + j));
  }
  const Tensor zero = Tensor::zeros({2, 3}, Dtype::f64);
  CHECK(detail::gmres([](const Tensor& v) { return v; }, zero, 1e-6).at(4) == 0);
}

TEST_CASE("an implicit step in many dimensions, and of a sample among others") {
  // A chain of 100 stiff springs in a quartic well.
  const auto drift = [](const Tensor& x, double) {
    const Tensor left = pad(slice(x, 1, 1, 100), 1, 0, 1), right = pad(slice(x, 1, 0, 99), 1, 1, 0);
    return 100 * (left + right - 2 * x) - x * square(x);
  };
  const FunctionSde chain = function_sde(drift, "chain");
  const Tensor x = Rng(5).normal({6, 100}, Dtype::f64);
  const BrownianIncrement b = SequentialNoise(6, {6, 100}, Dtype::f64).increment(0, 0, 0.1, 0);
  const Tensor y = ImplicitEuler{}.step(chain, b, x, 0, 0.1);
  const Tensor residual = weighted_sum({{1, y}, {-0.1, drift(y, 0)}, {-1, x}}) - 0.5 * b.w;
  for (const double norm : detail::row_norms(residual)) CHECK(norm < 1e-7);
  const Tensor alone = ImplicitEuler{}.step(chain, {b.w.rows(2, 3), {}, {}}, x.rows(2, 3), 0, 0.1);
  for (std::int64_t j = 0; j < 100; ++j) REQUIRE(alone.at(j) == y.at(200 + j));
}

TEST_CASE("where the implicit step has no solution or no derivative it says so") {
  const Tensor x0 = Tensor::ones({3, 1}, Dtype::f64);
  const SequentialNoise noise(0, {3, 1}, Dtype::f64);
  // y = x + h (y² + 1) has no real root for h = 1.
  const FunctionSde explosive = function_sde([](const Tensor& x, double) { return square(x) + 1.0; }, "explosive");
  CHECK_THROWS_WITH(solve(explosive, ImplicitEuler{}, noise, x0, uniform_points(0, 2, 2)),
                    Catch::Contains("[implicit_euler] sample 0 of explosive") && Catch::Contains("step 1 of 2") &&
                        Catch::Contains("nor continuation from h = 0 found a solution: take smaller steps"));
  const FunctionSde opaque = function_sde([](const Tensor& x, double) { return -x.detach(); }, "opaque");
  CHECK_THROWS_WITH(solve(opaque, ImplicitEuler{}, noise, x0, uniform_points(0, 1, 2)),
                    Catch::Contains("drift of opaque cannot be differentiated") && Catch::Contains("skrock"));
  const FunctionSde plain = function_sde([](const Tensor& x, double) { return -x; }, "plain");
  CHECK_THROWS_WITH(solve(plain, ImplicitEuler{}, noise, x0.leaf(), uniform_points(0, 1, 2)),
                    Catch::Contains("not differentiable"));
}

TEST_CASE("SK-ROCK's stages stand at their own times") {
  const FunctionSde clockwork = function_sde([](const Tensor& x, double t) { return x * 0.0 + 2 * t; }, "clockwork");
  const auto end = [&](std::int64_t steps) {
    const SequentialNoise noise(0, {1, 1}, Dtype::f64);
    const auto grid = uniform_points(0, 1, steps);
    double w = 0;
    for (std::size_t i = 0; i + 1 < grid.size(); ++i)
      w += noise.increment(static_cast<std::int64_t>(i), grid[i], grid[i + 1], 0).w.item();
    return solve(clockwork, SkRock{}, noise, one(0), grid).item() - 0.5 * w;
  };
  const double coarse = std::abs(end(16) - 1), fine = std::abs(end(32) - 1);
  CHECK(coarse < 1. / 16);
  CHECK(fine == Approx(coarse / 2).epsilon(0.05));
}
