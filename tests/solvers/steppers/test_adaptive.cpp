// Error control on one path: no bias by rejection, errors that fall with the tolerance, steps of each sample's own.
#include <cmath>
#include <cstring>

#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/view.h"
#include "fokker/sde/double_well.h"
#include "fokker/sde/function_sde.h"
#include "fokker/sde/gbm.h"
#include "fokker/sde/mixture.h"
#include "fokker/sde/reverse.h"
#include "fokker/sde/vp.h"
#include "fokker/solvers/steppers/adaptive.h"
#include "fokker/solvers/steppers/heun.h"
#include "fokker/solvers/steppers/solver.h"
#include "tests/support/catch.h"

using namespace fokker;

namespace {

using Split = BrownianPath::Split;

bool same(const Tensor& a, const Tensor& b) {
  return a.bytes() == b.bytes() && std::memcmp(a.raw(), b.raw(), static_cast<std::size_t>(a.bytes())) == 0;
}

/// Draws new noise for every try: what rejection must not do.
class Redrawn final : public BrownianRows {
 public:
  using BrownianRows::BrownianRows;
  BrownianIncrement increment(std::int64_t from, std::int64_t to, const detail::Rows& rows, int) const override {
    const Shape some = with_extent(shape(), 0, static_cast<std::int64_t>(rows.size()));
    return {Rng(99).fork(tries_++).normal(some, dtype()) * std::sqrt(std::abs(time(to) - time(from))), {}, {}};
  }

 private:
  mutable std::uint64_t tries_ = 0;
};

double second_moment(const Tensor& x) {
  double sum = 0;
  for (const double value : x.to_vector()) sum += value * value;
  return sum / static_cast<double>(x.size());
}

/// Root mean square over all elements.
double distance(const Tensor& a, const Tensor& b) { return std::sqrt(second_moment(a - b)); }

}  // namespace

TEST_CASE("rows of a Brownian path have its bits") {
  for (const Split split : {Split::arithmetic, Split::geometric})
    for (const Dtype dtype : {Dtype::f32, Dtype::f64}) {
      const BrownianPath path(5, {9, 2}, 4, 0.25, dtype, 3, split);
      const BrownianRows some(5, {9, 2}, 4, 0.25, dtype, 3, split);
      const std::int64_t whole = std::int64_t{1} << 24;
      const std::pair<std::int64_t, std::int64_t> intervals[] = {
          {0, whole}, {0, whole / 4}, {whole / 4, whole / 2}, {3, whole - 5}, {whole - 2, whole}, {12345, 12346}};
      for (const detail::Rows& rows : {detail::Rows{0, 1, 2, 3, 4, 5, 6, 7, 8}, detail::Rows{1, 2, 7}, detail::Rows{8}})
        for (const auto& [from, to] : intervals) {
          const BrownianIncrement a = some.increment(from, to, rows, 2);
          const BrownianIncrement b = path.increment(0, some.time(from), some.time(to), 2);
          REQUIRE(same(a.w, detail::gather_rows(b.w, rows)));
          REQUIRE(same(a.h, detail::gather_rows(b.h, rows)));
          REQUIRE(same(a.k, detail::gather_rows(b.k, rows)));
        }
    }
}

TEST_CASE("an error estimate is the difference to the embedded method") {
  const DoubleWell well(1.5, 1);
  const GeometricBrownianMotion gbm(0.3, 0.8);
  const Tensor x = Rng(1).normal({50, 1}, Dtype::f64);
  const BrownianIncrement b = SequentialNoise(2, {50, 1}, Dtype::f64).increment(0, 0.2, 0.3, 1);
  int embedded = 0;
  for (const auto& name : stepper_names()) {
    const auto solver = make_solver(name);
    const auto found = solver->estimated_step(well, b, x, 0.2, 0.3);
    if (!found) continue;
    ++embedded;
    INFO(name);
    CHECK(same(found->x, solver->step(well, b, x, 0.2, 0.3)));
    const Tensor euler = make_solver("euler_maruyama")->step(well, b, x, 0.2, 0.3), lower = found->x - found->error;
    if (name == "shark") {  // its first stage stands at x + g H
      const detail::NoiseTerm area[] = {{well.diffusion(x, 0.2), 0, 1}}, noise[] = {{well.diffusion(x, 0.2), 1, 0}};
      const detail::DriftTerm drift[] = {{0.1, well.drift(detail::advance(x, {}, area, b), 0.2)}};
      CHECK(distance(lower, detail::advance(x, drift, noise, b)) < 1e-14);
    } else if (solver->claims().strong_diagonal < 1.5) {
      CHECK(distance(lower, euler) < 1e-14);
    }
    if (solver->claims().strong_diagonal < 1.5) continue;
    // Under multiplicative noise it is of Milstein's order: far nearer to Milstein's step than that is to Euler's.
    const auto of_gbm = solver->estimated_step(gbm, b, x, 0.2, 0.3);
    const Tensor milstein = make_solver("milstein")->step(gbm, b, x, 0.2, 0.3);
    const double to_euler = distance(milstein, make_solver("euler_maruyama")->step(gbm, b, x, 0.2, 0.3));
    CHECK(distance(of_gbm->x - of_gbm->error, milstein) < 0.3 * to_euler);
  }
  CHECK(embedded == 9);
}

TEST_CASE("rejected steps do not bias the stationary variance of OU, and redrawn noise does") {
  constexpr std::int64_t n = 10'000;
  const FunctionSde ou([](const Tensor& x, double) { return -x; },
                       [](const Tensor& x, double) { return Tensor::scalar(std::sqrt(2.0), x.dtype()); },
                       {.name = "ou"});
  const Tensor x0 = Rng(1).normal({n, 1}, Dtype::f64);
  const BrownianRows path(2, {n, 1}, 0, 4, Dtype::f64);
  const Redrawn redrawn(2, {n, 1}, 0, 4, Dtype::f64);
  const BrownianPath whole(2, {n, 1}, 0, 4, Dtype::f64);
  const double reference = second_moment(solve(ou, *make_solver("sra1"), whole, x0, uniform_points(0, 4, 512)));
  CHECK(std::abs(reference - 1) < 4.5 * std::sqrt(2.0 / n));
  for (const auto& [tolerance, bias] : {std::pair{0.3, 0.04}, {0.1, 0.01}, {0.01, 0.001}}) {
    const AdaptiveConfig config{.absolute = tolerance, .relative = 0};
    const double kept = second_moment(solve_adaptive(ou, StochasticHeun{}, path, x0, config).x);
    INFO("tolerance " << tolerance << ": " << kept << " of " << reference);
    CHECK(std::abs(kept - reference) < bias);
    if (tolerance < 0.1) continue;
    const double wrong = second_moment(solve_adaptive(ou, StochasticHeun{}, redrawn, x0, config).x);
    INFO("redrawn: " << wrong);
    CHECK(wrong < 1 - 4.5 * std::sqrt(2.0 / n));
  }
}

TEST_CASE("rejected steps do not bias the law of a reverse diffusion, and redrawn noise does") {
  constexpr std::int64_t n = 20'000;
  const VP vp;
  const GaussianMixture mixture({{-1.0}, {1.0}}, {0.3});
  constexpr double exact = 1.09, standard_error = 0.0043;  // of E x²
  const ReverseSde back(vp, mixture.score(vp));
  const Tensor x1 = vp.prior({n, 1}, Rng(3), Dtype::f64);
  const BrownianRows path(2, {n, 1}, 1, 1e-3, Dtype::f64);
  const auto moment = [&](const BrownianRows& noise, double tolerance) {
    return second_moment(
        solve_adaptive(back, StochasticHeun{}, noise, x1, {.absolute = tolerance, .relative = tolerance}).x);
  };
  for (const auto& [tolerance, bias] : {std::pair{0.3, 0.02}, {0.1, 0.007}, {0.03, 0.0}}) {
    const double kept = moment(path, tolerance);
    INFO("tolerance " << tolerance << ": " << kept);
    CHECK(std::abs(kept - exact) < bias + 3 * standard_error);
  }
  CHECK(moment(Redrawn(2, {n, 1}, 1, 1e-3, Dtype::f64), 0.03) > exact + 4.5 * standard_error);
}

namespace {

constexpr std::int64_t few = 200;

/// Root mean square errors at the end of a path at three tolerances.
std::vector<double> errors(const Sde& sde, const Solver& solver, const Tensor& x0, const Tensor& exact) {
  const BrownianRows rows(4, x0.shape(), 0, 2, Dtype::f64);
  std::vector<double> result;
  for (const double tolerance : {0.3, 0.03, 0.003})
    result.push_back(distance(solve_adaptive(sde, solver, rows, x0, {.absolute = tolerance, .relative = 0}).x, exact));
  return result;
}

bool falls(const std::vector<double>& e) { return e[1] < 0.75 * e[0] && e[2] < 0.75 * e[1] && e[2] < 0.35 * e[0]; }

/// Euler–Maruyama under a claim that is not true.
class Pretender final : public Solver {
 public:
  std::string name() const override { return "pretender"; }
  SolverClaims claims() const override { return {.strong_additive = 1, .strong_diagonal = 1}; }
  std::unique_ptr<Solver> clone() const override { return std::make_unique<Pretender>(); }
  Tensor step(const Sde& sde, const BrownianIncrement& b, const Tensor& x, double t0, double t1) const override {
    return make_solver("euler_maruyama")->step(sde, b, x, t0, t1);
  }
};

}  // namespace

TEST_CASE("every stepper's error on one path falls with the tolerance, or it is refused") {
  const Tensor x0 = Tensor::ones({few, 1}, Dtype::f64);
  const BrownianPath path(4, {few, 1}, 0, 2, Dtype::f64);
  const DoubleWell well(1.5, 1);
  const Tensor fine = solve(well, *make_solver("sra1"), path, x0, uniform_points(0, 2, 1 << 12));
  const GeometricBrownianMotion gbm(0.3, 0.8);
  const Tensor exact = gbm.exact(x0, path.increment(0, 0, 2, 0).w, 2);
  for (const auto& name : stepper_names()) {
    const auto solver = make_solver(name);
    INFO(name);
    CHECK(falls(errors(well, *solver, x0, fine)));
    if (!solver->claims().ito || solver->claims().strong_diagonal < 1)
      CHECK_THROWS_WITH(errors(gbm, *solver, x0, exact), Catch::Contains("milstein") && Catch::Contains("sriw1"));
    else
      CHECK(falls(errors(gbm, *solver, x0, exact)));
  }
  // Why: the limit of Euler–Maruyama with steps that the noise chooses is another process.
  const auto wrong = errors(gbm, Pretender{}, x0, exact);
  CHECK_FALSE(falls(wrong));
  CHECK(wrong[2] > 0.2);
}

TEST_CASE("errors fall with the tolerance under noises that do not commute") {
  const auto diffusion = [](const Tensor& x, double) {
    const Tensor a = slice(x, 1, 0, 1), b = slice(x, 1, 1, 2), zero = a * 0;
    return reshape(concat({0.5 * b + 1, zero, zero, a}, 1), {x.extent(0), 2, 2});
  };
  const Tensor x0 = Tensor::ones({60, 2}, Dtype::f64);
  const BrownianPath path(4, {60, 2}, 0, 2, Dtype::f64);
  for (const char* name : {"stochastic_heun", "dri1"}) {
    const auto solver = make_solver(name);
    const Calculus calculus = solver->claims().ito ? Calculus::ito : Calculus::stratonovich;
    const FunctionSde crossed([](const Tensor& x, double) { return -0.5 * x; }, diffusion,
                              {.name = "crossed", .noise = Noise::general, .calculus = calculus, .brownian = 2});
    const Tensor fine = solve(crossed, *solver, path, x0, uniform_points(0, 2, 1 << 11));
    CHECK(falls(errors(crossed, *solver, x0, fine)));
  }
}

TEST_CASE("a sample's steps do not depend on its batch") {
  const DoubleWell well(1, 0);
  const Tensor x0 = Rng(6).normal({40, 3});
  for (const char* name : {"sra1", "implicit_euler"}) {  // embedded, and by halves
    const auto solver = make_solver(name);
    const AdaptiveConfig config{.absolute = 0.02, .relative = 0.02, .frames = {0.4, 1}};
    const AdaptiveSolution all = solve_adaptive(well, *solver, BrownianRows(7, {40, 3}, 0, 1), x0, config);
    const AdaptiveSolution some =
        solve_adaptive(well, *solver, BrownianRows(7, {5, 3}, 0, 1, Dtype::f32, 11), x0.rows(11, 16), config);
    CHECK(same(some.x, all.x.rows(11, 16)));
    CHECK(same(some.frames[0], all.frames[0].rows(11, 16)));
    for (std::size_t i = 0; i < 5; ++i) {
      CHECK(some.accepted[i] == all.accepted[11 + i]);
      CHECK(some.rejected[i] == all.rejected[11 + i]);
    }
    CHECK(std::ranges::min(all.accepted) < std::ranges::max(all.accepted));
  }
}

TEST_CASE("evaluations are counted, and frames lie on the path and do not change the steps") {
  const DoubleWell well(1, 0);
  const Tensor x0 = Rng(6).normal({few, 1}, Dtype::f64);
  const BrownianRows rows(8, {few, 1}, 0.5, 2, Dtype::f64);
  double last = 0;
  AdaptiveConfig config{.absolute = 1e-3, .relative = 1e-3, .progress = [&](double fraction) { last = fraction; }};
  const auto solver = make_solver("shark");
  const AdaptiveSolution plain = solve_adaptive(well, *solver, rows, x0, config);
  CHECK(last == 1);
  std::int64_t tries = 0;
  for (std::size_t i = 0; i < few; ++i) tries += plain.accepted[i] + plain.rejected[i];
  CHECK(plain.evaluations == 2.0 * static_cast<double>(tries) / few);
  config.frames = {0.5, 0.7, 1.6, 2};
  const AdaptiveSolution framed = solve_adaptive(well, *solver, rows, x0, config);
  CHECK(same(framed.x, plain.x));
  CHECK(framed.accepted == plain.accepted);
  CHECK(same(framed.frames[0], x0));
  CHECK(same(framed.frames[3], plain.x));
  const BrownianPath path(8, {few, 1}, 0.5, 2, Dtype::f64);
  for (const std::size_t f : {1, 2}) {
    const Tensor fine = solve(well, *make_solver("sra1"), path, x0, uniform_points(0.5, config.frames[f], 3000));
    CHECK(distance(framed.frames[f], fine) < 0.01);
  }
}

TEST_CASE("what error control cannot do is refused, or ends in an error that names sample, step and time") {
  const DoubleWell well(1, 0);
  const Tensor x0 = Tensor::ones({3, 1}, Dtype::f64);
  const BrownianRows path(0, {3, 1}, 0, 1, Dtype::f64, 70);
  const auto run = [&](const AdaptiveConfig& config) {
    return solve_adaptive(well, StochasticHeun{}, path, x0, config);
  };
  for (const double nonsense : {0.0, -1.0, std::nan(""), std::numeric_limits<double>::infinity()})
    CHECK_THROWS_WITH(run({.absolute = nonsense}), Catch::Contains("tolerances absolute > 0"));
  CHECK_THROWS_AS(run({.relative = -1}), ConfigError);
  CHECK_THROWS_AS(run({.max_steps = 0}), ConfigError);
  CHECK_THROWS_AS(run({.frames = {1.5}}), ConfigError);
  CHECK_THROWS_WITH(
      run({.absolute = 1e-17, .relative = 0}),
      Catch::Contains("[stochastic_heun] sample 70 does not meet the tolerance: the step size vanished") &&
          Catch::Contains("raise the tolerance"));
  CHECK_THROWS_WITH(run({.absolute = 1e-6, .relative = 0, .max_steps = 50}),
                    Catch::Contains("out of steps (max_steps) at step 50, t = 0"));
  CHECK_THROWS_AS(solve_adaptive(well, StochasticHeun{}, path, Tensor::ones({3, 1})), ShapeError);
  CHECK_THROWS_AS(solve_adaptive(well, StochasticHeun{}, path, Tensor::ones({2, 1}, Dtype::f64)), ShapeError);
  const FunctionSde broken([](const Tensor& x, double t) { return t > 0.4 ? x * std::nan("") : -x; },
                           [](const Tensor& x, double) { return Tensor::scalar(1, x.dtype()); }, {.name = "broken"});
  CHECK_THROWS_WITH(solve_adaptive(broken, StochasticHeun{}, path, x0),
                    Catch::Contains("sample 70 is not finite: step") && Catch::Contains("t = 0.39"));
}
