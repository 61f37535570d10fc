#include <array>
#include <cmath>

#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/view.h"
#include "fokker/sde/underdamped.h"
#include "fokker/solvers/langevin/underdamped.h"
#include "fokker/solvers/noise/brownian_path.h"
#include "fokker/solvers/steppers/solver.h"
#include "tests/support/catch.h"

using namespace fokker;

namespace {

Tensor f64(std::vector<double> values) {
  const auto rows = static_cast<std::int64_t>(values.size());
  return Tensor::from(values, {rows, 1}, Dtype::f64);
}

const Target quadratic{.score = [](const Tensor& x, double) { return -x; }};
/// p ∝ exp(−x²/2 − cos 2x), two wells.
const Target wells{.score = [](const Tensor& x, double) { return 2 * sin(2 * x) - x; }};

/// The second moments (xx, xv, vv) of a method on N(0, 1) after so many steps from x = 1, v = 0, by its linear map: columns
/// are the images of x, v and the three normals of a step.
std::array<double, 3> moments(ChainMove move, LangevinStep step, int steps, double noise_factor = 1) {
  const double h = step.h;
  const BrownianIncrement b{f64({0, 0, noise_factor * std::sqrt(h), 0, 0}), f64({0, 0, 0, std::sqrt(h / 12), 0}),
                            f64({0, 0, 0, 0, std::sqrt(h / 720)})};
  ChainState state{
      .x = f64({1, 0, 0, 0, 0}), .v = f64({0, 1, 0, 0, 0}), .score = f64({-1, 0, 0, 0, 0}), .log_density = {}};
  move(quadratic, b, step, state);
  std::array<double, 3> c{1, 0, 0};
  for (int i = 0; i < steps; ++i) {
    const double a = state.x.at(0), d = state.x.at(1), e = state.v.at(0), f = state.v.at(1);
    std::array<double, 3> next{a * a * c[0] + 2 * a * d * c[1] + d * d * c[2],
                               a * e * c[0] + (a * f + d * e) * c[1] + d * f * c[2],
                               e * e * c[0] + 2 * e * f * c[1] + f * f * c[2]};
    for (int j = 2; j < 5; ++j) {
      next[0] += state.x.at(j) * state.x.at(j);
      next[1] += state.x.at(j) * state.v.at(j);
      next[2] += state.v.at(j) * state.v.at(j);
    }
    c = next;
  }
  return c;
}

std::array<double, 3> stationary(ChainMove move, LangevinStep step, double noise_factor = 1) {
  return moments(move, step, 4000, noise_factor);
}

/// How a control spoils the path.
enum class Spoil { nothing, fresh_h, fresh_k };

/// x at time 2 of `paths` chains by 2^level steps along one path.
Tensor end_of_path(ChainMove move, const Target& target, int level, Spoil spoil = Spoil::nothing) {
  constexpr std::int64_t paths = 300;
  const Shape shape{paths, 1};
  const BrownianPath path(17, shape, 0, 2, Dtype::f64);
  const SequentialNoise other(99, shape, Dtype::f64);
  ChainState state{
      .x = Rng(1).normal(shape, Dtype::f64), .v = Rng(2).normal(shape, Dtype::f64), .score = {}, .log_density = {}};
  state.score = target.score(state.x, 0);
  const int steps = 1 << level;
  const double h = 2.0 / steps;
  for (int i = 0; i < steps; ++i) {
    BrownianIncrement b = path.increment(i, i * h, (i + 1) * h, 2);
    const BrownianIncrement fresh = other.increment(i, 0, h, 2);
    if (spoil == Spoil::fresh_h) b.h = fresh.h;
    if (spoil == Spoil::fresh_k) b.k = fresh.k;
    move(target, b, {h, 1.5}, state);
  }
  return state.x;
}

double rms(const Tensor& x) {
  double sum = 0;
  for (std::int64_t i = 0; i < x.size(); ++i) sum += x.at(i) * x.at(i);
  return std::sqrt(sum / static_cast<double>(x.size()));
}

/// Slope of log error against log step over six levels.
double strong_order(ChainMove move, const Target& target, Spoil spoil = Spoil::nothing) {
  const Tensor reference = end_of_path(quicsort_step, target, 11);
  constexpr int first = 3, count = 6;
  double sxx = 0, sxy = 0;
  for (int i = 0; i < count; ++i) {
    const double at = i - 0.5 * (count - 1);
    const double error = std::log2(rms(end_of_path(move, target, first + i, spoil) - reference));
    sxx += at * at;
    sxy -= at * error;
  }
  return sxy / sxx;
}

/// p ∝ cosh(2x)^−3/2, far from Gaussian; E x² by the trapezoidal rule.
const Target peak{.score = [](const Tensor& x, double) { return -3 * tanh(2 * x); }};
double peak_second_moment() {
  double mass = 0, sum = 0;
  for (double x = -12; x <= 12; x += 0.001) {
    const double p = std::pow(std::cosh(2 * x), -1.5);
    mass += p;
    sum += p * x * x;
  }
  return sum / mass;
}

}  // namespace

TEST_CASE("moments of the exponential kernel") {
  for (const double z : {0.0, 1e-9, 0.3, 0.999, 1.001, 5.0, 60.0})
    for (int k = 0; k <= 2; ++k) {
      double sum = 0;
      constexpr int cells = 20'000;  // midpoints
      for (int i = 0; i < cells; ++i) sum += std::pow((i + 0.5) / cells, k) * std::exp(-z * (i + 0.5) / cells) / cells;
      CHECK(detail::exponential_moment(k, z) == Approx(sum).epsilon(1e-5));
    }
  for (int k = 0; k <= 2; ++k)
    CHECK(detail::exponential_moment(k, 1 + 1e-15) == Approx(detail::exponential_moment(k, 1)).epsilon(1e-14));
}

TEST_CASE("on a Gaussian law baoab has the exact variance for any step, obabo 1/(1 − h²/4)") {
  for (const double h : {0.1, 0.7, 1.5})
    for (const double friction : {0.3, 1.0, 4.0}) {
      INFO("h = " << h << ", γ = " << friction);
      CHECK(stationary(baoab_step, {h, friction})[0] == Approx(1).epsilon(1e-9));
      CHECK(stationary(obabo_step, {h, friction})[0] == Approx(1 / (1 - h * h / 4)).epsilon(1e-9));
      CHECK(std::abs(stationary(baoab_step, {h, friction}, 1.05)[0] - 1) > 0.05);
    }
}

TEST_CASE("the variance of align and quicsort on a Gaussian law is off by a power of the step") {
  const auto order = [](ChainMove move) {
    return std::log2(std::abs(stationary(move, {0.2, 1})[0] - 1) / std::abs(stationary(move, {0.1, 1})[0] - 1));
  };
  CHECK(order(align_step) > 1.8);
  CHECK(order(quicsort_step) > 2.8);
}

TEST_CASE("weak orders of the underdamped methods, and what a wrong noise does to them") {
  const double exact = moments(quicsort_step, {0.0005, 1}, 4000)[0];
  const auto order = [&](ChainMove move, double noise_factor = 1) {
    const auto error = [&](int steps) {
      return std::abs(moments(move, {2.0 / steps, 1}, steps, noise_factor)[0] - exact);
    };
    return std::log2(error(128) / error(256));
  };
  for (const ChainMove move : {baoab_step, obabo_step, align_step}) CHECK(order(move) == Approx(2).margin(0.15));
  CHECK(order(quicsort_step) > 2.8);
  for (const ChainMove move : {baoab_step, obabo_step, align_step, quicsort_step}) CHECK(order(move, 1.02) < 1);
}

TEST_CASE("strong orders of the underdamped methods, and what they lose without the path's areas") {
  for (const Target* target : {&quadratic, &wells}) {
    CHECK(strong_order(baoab_step, *target) == Approx(1).margin(0.2));
    CHECK(strong_order(align_step, *target) == Approx(2).margin(0.2));
    CHECK(strong_order(quicsort_step, *target) == Approx(3).margin(0.2));
    CHECK(strong_order(align_step, *target, Spoil::fresh_h) < 1.7);
    CHECK(strong_order(quicsort_step, *target, Spoil::fresh_k) < 2.7);
  }
}

TEST_CASE("far from Gaussian, the bias of obabo falls as h² and that of baoab is far smaller") {
  const double exact = peak_second_moment();
  const auto bias = [&](const char* method, double h) {
    const ChainConfig config{.method = method,
                             .step = h,
                             .friction = 1,
                             .chains = 4096,
                             .steps = static_cast<int>(300 / h),
                             .burn_in = static_cast<int>(20 / h),
                             .thin = 2};
    const double root = rms(run_chains(peak, config, {.shape = {1}}).draws);
    return root * root - exact;
  };
  const double coarse = bias("obabo", 0.5), fine = bias("obabo", 0.25), baoab = bias("baoab", 0.5);
  INFO("obabo: " << coarse << ", " << fine << "; baoab: " << baoab << "; exact: " << exact);
  CHECK(coarse / exact > 0.03);
  CHECK(std::log2(coarse / fine) == Approx(2).margin(0.5));
  CHECK(std::abs(baoab) < 0.1 * coarse);
}

TEST_CASE("a solver of general SDEs and quicsort find the same path") {
  const Shape shape{50, 2, 1}, one{50, 1};
  const BrownianPath path(23, shape, 0, 1, Dtype::f64);
  const Tensor start = Rng(4).normal(shape, Dtype::f64);
  const auto part = [&](const Tensor& x, int which) { return slice(x, 1, which, which + 1).view(one); };
  ChainState state{.x = part(start, 0), .v = part(start, 1)};
  for (int i = 0; i < 64; ++i) {
    const BrownianIncrement b = path.increment(i, i / 64.0, (i + 1) / 64.0, 2);
    quicsort_step(wells, {part(b.w, 1), part(b.h, 1), part(b.k, 1)}, {1 / 64.0, 2}, state);
  }
  const UnderdampedLangevin sde(wells.score, 0, 2);
  const Tensor end = solve(sde, *make_solver("shark"), path, start, uniform_points(0, 1, 512));
  CHECK(rms(part(end, 0) - state.x) < 1e-4);
  CHECK(rms(part(end, 1) - state.v) < 1e-3);
  const UnderdampedLangevin other(wells.score, 0, 2.2);
  const Tensor elsewhere = solve(other, *make_solver("shark"), path, start, uniform_points(0, 1, 512));
  CHECK(rms(part(elsewhere, 1) - state.v) > 1e-2);
  CHECK_THROWS_AS(sde.drift(Tensor::zeros({3, 1}), 0), ShapeError);
  CHECK_THROWS_AS(UnderdampedLangevin(wells.score, 0, 0), ConfigError);
}
