// Every stepper's strong orders against its claims, and that the measurement tells wrong ones.
#include <algorithm>
#include <cmath>

#include "fokker/core/base/parallel.h"
#include "fokker/core/ops/elementwise.h"
#include "fokker/sde/function_sde.h"
#include "fokker/sde/ou.h"
#include "fokker/solvers/orders/order_table.h"
#include "fokker/solvers/sampling/registry.h"
#include "fokker/solvers/steppers/sra.h"
#include "tests/support/catch.h"

using namespace fokker;

namespace {

using Solvers = std::vector<std::unique_ptr<Solver>>;

Solvers steppers() {
  Solvers all;
  for (const auto& name : stepper_names()) all.push_back(make_solver(name));
  return all;
}

const OrderProblem& problem(const std::string& name) {
  return *std::ranges::find(order_problems(), name, &OrderProblem::name);
}

void check_claims(Noise noise) {
  const Solvers all = steppers();
  for (const OrderProblem& problem : order_problems()) {
    if (problem.sde->noise() != noise) continue;
    std::vector<const Solver*> fitting;
    for (const auto& solver : all)
      if (claimed_order(solver->claims(), problem) > 0)
        fitting.push_back(solver.get());
      else
        CHECK_THROWS_AS(measured_strong_order(*solver, problem), ConfigError);
    CHECK(fitting.size() > 1);
    const auto orders = measured_strong_orders(fitting, problem);
    for (std::size_t i = 0; i < fitting.size(); ++i) {
      INFO(fitting[i]->name() << " on " << problem.name << ": " << orders[i].value << " ± " << orders[i].half_width);
      CHECK(orders[i].contains(claimed_order(fitting[i]->claims(), problem)));
      CHECK(orders[i].decided());
    }
  }
}

}  // namespace

TEST_CASE("every stepper has the strong order that it claims under additive noise") { check_claims(Noise::additive); }
TEST_CASE("every stepper has the strong order that it claims under diagonal noise") { check_claims(Noise::diagonal); }
TEST_CASE("every stepper has the strong order that it claims under one noise for all components") {
  check_claims(Noise::scalar);
}
TEST_CASE("every stepper has the strong order that it claims under noises that do not commute") {
  check_claims(Noise::general);
}

TEST_CASE("a solver that does not fit a problem names those that do") {
  CHECK_THROWS_WITH(measured_strong_order(Sra<2>("sra1", sra1), problem("gbm")), Catch::Contains("euler_maruyama"));
}

namespace {

BrownianIncrement fresh_area(const BrownianIncrement& path, const BrownianIncrement& fresh) {
  return {path.w, fresh.h, {}};
}
BrownianIncrement fresh_noise(const BrownianIncrement& path, const BrownianIncrement& fresh) {
  return {fresh.w, path.h, {}};
}

}  // namespace

TEST_CASE("negative controls of the order measurement") {
  const Sra<2> solver("sra1", sra1);
  // A fresh H loses half an order, redrawn noise loses convergence.
  for (const char* name : {"ou", "double well, fading noise", "reverse vp of a mixture"}) {
    INFO(name);
    CHECK(measured_strong_order(solver, problem(name), {.paths = 500, .spoil = fresh_area}).contains(1));
  }
  CHECK(measured_strong_order(solver, problem("ou"), {.paths = 500, .spoil = fresh_noise}).value < 0.2);
  // β2 with the wrong sign is invisible under constant noise and loses half an order when the noise changes.
  SraTableau<2> negated = sra1;
  negated.beta2 = {1, -1};
  CHECK_FALSE(satisfies_order_conditions(negated));
  const Sra<2> wrong("wrong", negated);
  CHECK(measured_strong_order(wrong, problem("double well"), {.paths = 500}).contains(1.5));
  CHECK(measured_strong_order(wrong, problem("double well, fading noise"), {.paths = 500}).contains(1));
  CHECK(measured_strong_order(wrong, problem("reverse vp of a mixture"), {.paths = 500}).contains(1));
}

namespace {

/// Euler–Maruyama under false colours.
class Boaster final : public Solver {
 public:
  std::string name() const override { return "boaster"; }
  SolverClaims claims() const override { return {.strong_additive = 1.5, .strong_diagonal = 0.5, .weak_additive = 2}; }
  std::unique_ptr<Solver> clone() const override { return std::make_unique<Boaster>(); }
  Tensor step(const Sde& sde, const BrownianIncrement& b, const Tensor& x, double t0, double t1) const override {
    return make_solver("euler_maruyama")->step(sde, b, x, t0, t1);
  }
};

}  // namespace

TEST_CASE("the table of orders tells false claims from true ones") {
  const Boaster boaster;
  const Solver* const solvers[] = {&boaster};
  const auto rows = measured_orders(solvers, {.paths = 300});
  CHECK(rows.size() > 8);
  for (const OrderRow& row : rows) {
    INFO(row.kind << " on " << row.problem << ": " << row.measured.value << " ± " << row.measured.half_width);
    CHECK((row.verdict() == "lower") == (row.noise == Noise::additive));
  }
  const MeasuredOrder wide{.value = 1.2, .half_width = 0.3};
  CHECK(wide.contains(1));
  CHECK_FALSE(wide.contains(1.6));
  CHECK_FALSE(wide.decided());
  const OrderRow unclear{"x", "strong", "ou", Noise::additive, Calculus::ito, 1, 1, wide};
  CHECK(unclear.verdict() == "undecided");
}

TEST_CASE("measured orders are the same on any number of threads") {
  const auto solver = make_solver("shark");
  const int before = thread_count();
  std::vector<MeasuredOrder> orders;
  for (const int threads : {1, 3}) {
    set_thread_count(threads);
    orders.push_back(measured_strong_order(*solver, problem("double well"), {.paths = 700, .levels = 3}));
  }
  set_thread_count(before);
  CHECK(orders[0].value == orders[1].value);
  CHECK(orders[0].half_width == orders[1].half_width);
  const auto other = measured_strong_order(*solver, problem("double well"), {.paths = 700, .levels = 3, .seed = 1});
  CHECK(other.value != orders[0].value);
  CHECK_THROWS_AS(measured_strong_order(*solver, problem("ou"), {.paths = 29}), ConfigError);
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

/// The SDE that, solved in the other direction of time along the same path, has the same solution.
FunctionSde mirrored(const OrderProblem& problem) {
  const double ends = problem.begin + problem.end;
  const Sde& sde = *problem.sde;
  const auto drift = [ends, &sde](const Tensor& x, double t) { return -sde.drift(x, ends - t); };
  const auto diffusion = [ends, &sde](const Tensor& x, double t) { return sde.diffusion(x, ends - t); };
  FunctionSdeConfig config{.name = "mirrored", .noise = sde.noise(), .calculus = sde.calculus()};
  if (config.noise == Noise::general) config.brownian = sde.noise_shape(problem.initial(1).shape())[1];
  return {drift, diffusion, config};
}

double largest_difference(const Tensor& a, const Tensor& b) {
  double largest = 0;
  for (std::int64_t i = 0; i < a.size(); ++i) largest = std::max(largest, std::abs(a.at(i) - b.at(i)));
  return largest;
}

/// H of a path with the sign that a reversal of time does not give it.
class Flipped final : public BrownianMotion {
 public:
  explicit Flipped(const BrownianMotion& path) : path_(path) {}
  BrownianIncrement increment(std::int64_t step, double t0, double t1, int areas) const override {
    const BrownianIncrement b = path_.increment(step, t0, t1, areas);
    return {b.w, b.h.defined() ? -b.h : b.h, b.k};
  }

 private:
  const BrownianMotion& path_;
};

}  // namespace

TEST_CASE("every stepper solves backwards in time as it does forwards, under every noise") {
  constexpr std::int64_t paths = 20, steps = 16;
  for (const OrderProblem& problem : order_problems()) {
    const FunctionSde other = mirrored(problem);
    OrderProblem backwards = problem;
    std::swap(backwards.begin, backwards.end);
    const BrownianPath path = problem.path(1, paths), back = backwards.path(1, paths);
    const Tensor x0 = problem.initial(paths);
    for (const auto& solver : steppers()) {
      if (claimed_order(solver->claims(), problem) == 0) continue;
      INFO(solver->name() << " on " << problem.name);
      const auto grid = uniform_points(problem.begin, problem.end, steps);
      const auto back_grid = uniform_points(problem.end, problem.begin, steps);
      const Tensor x = solve(*problem.sde, *solver, path, x0, grid);
      CHECK(largest_difference(x, solve(other, *solver, back, x0, back_grid)) < 1e-9);
      if (problem.sde->noise() == Noise::additive && solver->claims().strong_additive > 1)
        CHECK(largest_difference(x, solve(other, *solver, Flipped(back), x0, back_grid)) > 1e-5);
    }
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
  CHECK_THROWS_WITH(make_solver("sra4"), Catch::Contains("did you mean \"sra"));
  CHECK_THROWS_WITH(make_solver("probability_flow"), Catch::Contains("euler_maruyama"));
  for (const auto& name : stepper_names()) CHECK(make_solver(name)->clone()->name() == name);
  CHECK(solver_summaries().size() > solver_names().size());
}
