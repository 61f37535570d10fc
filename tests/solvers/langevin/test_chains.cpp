#include <cmath>

#include "fokker/core/base/parallel.h"
#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/reduce.h"
#include "fokker/solvers/langevin/chains.h"
#include "fokker/solvers/langevin/diagnostics.h"
#include "fokker/solvers/langevin/metropolis.h"
#include "tests/support/catch.h"

using namespace fokker;

namespace {

/// N(0, I)
Target standard_normal() {
  return {.score = [](const Tensor& x, double) { return -x; },
          .log_density = [](const Tensor& x) { return sum(x * x, {1}) * -0.5; }};
}

double moment(const Tensor& x, int power) {
  double sum = 0;
  for (std::int64_t i = 0; i < x.size(); ++i) sum += std::pow(x.at(i), power);
  return sum / static_cast<double>(x.size());
}

constexpr std::int64_t n = 20'000;

Tensor last_states(const std::string& method, double step, std::optional<bool> adapt = {}) {
  const ChainConfig config{.method = method, .step = step, .chains = n, .steps = 1, .burn_in = 60, .adapt = adapt};
  return run_chains(standard_normal(), config, {.shape = {1}}).draws;
}

bool throws_with(const std::string& part, const std::function<void()>& f) {
  try {
    f();
  } catch (const Error& error) {
    INFO(error.what());
    CHECK(std::string(error.what()).find(part) != std::string::npos);
    return true;
  }
  return false;
}

}  // namespace

TEST_CASE("chains of ula have the variance 1/(1 − h/2) on N(0, 1), those of mala 1") {
  const double error = 4.5 * std::sqrt(2.0 / n);
  CHECK(moment(last_states("ula", 0.5), 2) == Approx(1 / (1 - 0.25)).epsilon(error));
  CHECK(moment(last_states("ula", 0.8), 2) == Approx(1 / (1 - 0.4)).epsilon(error));
  CHECK_FALSE(std::abs(moment(last_states("ula", 0.5), 2) - 1) < error);
  const Tensor exact = last_states("mala", 0.8, false);
  CHECK(moment(exact, 2) == Approx(1).epsilon(error));
  CHECK(moment(exact, 4) == Approx(3).epsilon(4.5 * std::sqrt(96.0 / n) / 3));
}

TEST_CASE("mala is in detailed balance") {
  // Flow from x to y:  p(x) q(y|x) min(1, …) with the double well p ∝ exp(x²/2 − x⁴/4).
  const double length = 0.3;
  const auto log_p = [](double x) { return 0.5 * x * x - 0.25 * x * x * x * x; };
  const auto drifted = [&](double x) { return x + length * (x - x * x * x); };
  const Target well{
      .score = [](const Tensor& x, double) { return x - x * x * x; },
      .log_density = [](const Tensor& x) { return sum(square(x) * 0.5 - square(square(x)) * 0.25, {1}); }};
  const auto flow = [&](double x, double y, bool with_test) {
    const double normal = (y - drifted(x)) / std::sqrt(2 * length);
    ChainState state{.x = Tensor::from({x}, {1, 1}, Dtype::f64)};
    state.score = well.score(state.x, 0);
    state.log_density = well.log_density(state.x);
    const MetropolisStep step{{length}, Tensor::from({normal}, {1, 1}, Dtype::f64), {0.999999}};
    const double probability = mala_step(well, step, state).probability[0];
    return std::exp(log_p(x) - 0.5 * normal * normal) * (with_test ? probability : 1);
  };
  double unbalanced = 0;
  for (double x = -2; x <= 2; x += 0.37)
    for (double y = -2; y <= 2; y += 0.41) {
      CHECK(flow(x, y, true) == Approx(flow(y, x, true)).epsilon(1e-10));
      unbalanced = std::max(unbalanced, std::abs(flow(x, y, false) - flow(y, x, false)));
    }
  CHECK(unbalanced > 0.05);
}

TEST_CASE("a chain does not depend on the others, on shards or threads") {
  const Target ring = target(GaussianMixture::ring(5, 1.5, 0.4));
  for (const auto& method : langevin_names()) {
    INFO(method);
    ChainConfig config{.method = method, .step = 0.05, .chains = 9, .steps = 40, .burn_in = 20, .thin = 4, .seed = 3};
    const Chains nine = run_chains(ring, config);
    REQUIRE(nine.draws.shape() == Shape{10, 9, 2});
    config.chains = 4;
    const int threads = thread_count();
    set_thread_count(1);
    const Chains four = run_chains(ring, config, {.shard = 3});
    set_thread_count(threads);
    int different = 0;
    for (std::int64_t draw = 0; draw < 10; ++draw)
      for (std::int64_t i = 0; i < 8; ++i)
        different += four.draws.at(draw * 8 + i) != nine.draws.at(draw * 18 + i) ? 1 : 0;
    CHECK(different == 0);
    CHECK(four.draws.at(0) != four.draws.at(2));
    CHECK(nine.draws.at(0) != nine.draws.at(18));
    const LangevinMethod& row = langevin_method(method);
    CHECK(nine.evaluations == 60 * row.evaluations + (row.carries ? 1 : 0));
  }
}

TEST_CASE("every method draws from a mixture") {
  // Two modes that overlap:  mean 0.2, variance 0.5² + 0.96.
  const GaussianMixture mixture({{-1}, {1}}, {0.5}, {0.4, 0.6});
  for (const auto& method : langevin_names()) {
    const bool overdamped = !langevin_method(method).underdamped;
    const ChainConfig config{.method = method,
                             .step = overdamped ? 0.02 : 0.2,
                             .chains = 4000,
                             .steps = 1,
                             .burn_in = overdamped ? 400 : 120,
                             .adapt = method == "mala" ? std::optional(false) : std::nullopt};
    const Tensor x = run_chains(target(mixture), config, {.shape = {1}}).draws;
    INFO(method);
    CHECK(moment(x, 1) == Approx(0.2).margin(4.5 * std::sqrt(1.21 / 4000) + 0.01));
    CHECK(moment(x, 2) == Approx(1.25).margin(4.5 * 1.1 / std::sqrt(4000.0) + 0.03));
  }
}

TEST_CASE("mala adapts its step to the target acceptance and then keeps it") {
  for (const double wanted : {0.574, 0.8}) {
    ChainConfig config{.step = 0.001, .chains = 8, .steps = 2000, .burn_in = 1500};
    config.target_acceptance = wanted;
    const Chains chains = run_chains(standard_normal(), config, {.shape = {10}});
    for (std::size_t i = 0; i < 8; ++i) CHECK(chains.acceptance[i] == Approx(wanted).margin(0.06));
    CHECK(chains.steps[0] != chains.steps[1]);
    for (const ChainSummary& row : summarise(chains.draws)) {
      CHECK(row.rhat < 1.03);
      CHECK(std::abs(row.mean) < 5 * row.error);
      CHECK(row.deviation == Approx(1).margin(5 / std::sqrt(row.bulk_ess)));
    }
  }
  const Chains fixed = run_chains(standard_normal(), {.step = 0.25, .adapt = false});
  CHECK(fixed.steps[0] == 0.25);
}

TEST_CASE("settings that chains would ignore, and chains that leave the numbers, are errors") {
  const auto runs = [](ChainConfig config, Target law = standard_normal()) { return [=] { run_chains(law, config); }; };
  Target no_density = standard_normal();
  no_density.log_density = {};
  CHECK(throws_with("needs a log density", runs({}, no_density)));
  CHECK(throws_with("no friction", runs({.method = "ula", .friction = 1})));
  CHECK(throws_with("accepts every step", runs({.method = "baoab", .adapt = true})));
  CHECK(throws_with("needs a burn_in", runs({.burn_in = 0, .adapt = true})));
  CHECK(throws_with("thin <= steps", runs({.steps = 5, .thin = 6})));
  CHECK(throws_with("did you mean \"baoab\"", runs({.method = "boaab"})));
  CHECK(throws_with("[ula] chain 0 is not finite by step", runs({.method = "ula", .step = 30})));
}
