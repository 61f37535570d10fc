#include "fokker/solvers/langevin/underdamped.h"

#include <cmath>
#include <numbers>

#include "fokker/core/ops/elementwise.h"

namespace fokker {

namespace detail {

double exponential_moment(int k, double z) {
  if (z > 1) {
    double moment = -std::expm1(-z) / z;
    for (int j = 1; j <= k; ++j) moment = (j * moment - std::exp(-z)) / z;
    return moment;
  }
  // The recursion would cancel.
  double sum = 0, term = 1;
  for (int j = 0; j < 20; ++j) {
    sum += term / (k + j + 1);
    term *= -z / (j + 1);
  }
  return sum;
}

}  // namespace detail

namespace {

using detail::exponential_moment;

/// Free motion under friction over the share c of a step:
///   β = e^{−γch},  a = ∫₀^{ch} e^{−γr} dr,  b = (1/h) ∫₀^{ch} a(r) dr.
struct Decay {
  double beta, a, b;
  Decay(LangevinStep step, double c) {
    const double z = step.friction * c * step.h;
    const double m0 = exponential_moment(0, z), m1 = exponential_moment(1, z);
    beta = std::exp(-z);
    a = c * step.h * m0;
    b = c * c * step.h * (m0 - m1);
  }
};

void kick(double length, ChainState& state) { state.v = weighted_sum({{1, state.v}, {length, state.score}}); }
void drift(double length, ChainState& state) { state.x = weighted_sum({{1, state.x}, {length, state.v}}); }

double sigma(LangevinStep step) { return std::sqrt(2 * step.friction); }

}  // namespace

void baoab_step(const Target& target, const BrownianIncrement& b, LangevinStep step, ChainState& state) {
  const double h = step.h, keep = std::exp(-step.friction * h);
  const double noise = std::sqrt(-std::expm1(-2 * step.friction * h) / h);  // factor of W, for √(1 − keep²) of a normal
  kick(0.5 * h, state);
  drift(0.5 * h, state);
  state.v = weighted_sum({{keep, state.v}, {noise, b.w}});
  drift(0.5 * h, state);
  state.score = target.score(state.x, target.t);
  kick(0.5 * h, state);
}

void obabo_step(const Target& target, const BrownianIncrement& b, LangevinStep step, ChainState& state) {
  const double h = step.h, keep = std::exp(-0.5 * step.friction * h);
  // (W ± √12 H)/√(2h) are independent normals.
  const double of_w = std::sqrt(-std::expm1(-step.friction * h) / (2 * h)), of_h = std::sqrt(12.0) * of_w;
  state.v = weighted_sum({{keep, state.v}, {of_w, b.w}, {of_h, b.h}});
  kick(0.5 * h, state);
  drift(h, state);
  state.score = target.score(state.x, target.t);
  kick(0.5 * h, state);
  state.v = weighted_sum({{keep, state.v}, {of_w, b.w}, {-of_h, b.h}});
}

void align_step(const Target& target, const BrownianIncrement& b, LangevinStep step, ChainState& state) {
  const double h = step.h, z = step.friction * h, s = sigma(step);
  const Decay whole(step, 1);
  const double m0 = exponential_moment(0, z), m1 = exponential_moment(1, z), m2 = exponential_moment(2, z);
  // ∫ e^{−γ(h − s)} dP and ∫ a(h − s) dP along the parabola P = W s/h + 6 H s (h − s)/h².
  const Tensor v_noise = weighted_sum({{s * m0, b.w}, {6 * s * (2 * m1 - m0), b.h}});
  const Tensor x_noise = weighted_sum({{s * whole.b, b.w}, {6 * s * h * (m1 - m2), b.h}});
  const Tensor free = weighted_sum({{1, state.x}, {whole.a, state.v}, {1, x_noise}});
  state.x = weighted_sum({{1, free}, {h * whole.b, state.score}});
  const Tensor end = target.score(state.x, target.t);
  const Tensor damped = weighted_sum({{whole.beta, state.v}, {1, v_noise}});
  state.v = weighted_sum({{1, damped}, {whole.a - whole.b, state.score}, {whole.b, end}});
  state.score = end;
}

void quicsort_step(const Target& target, const BrownianIncrement& b, LangevinStep step, ChainState& state) {
  const double h = step.h, s = sigma(step);
  const double left = 0.5 - std::numbers::sqrt3 / 6, right = 0.5 + std::numbers::sqrt3 / 6;
  const Decay to_left(step, left), to_right(step, right), whole(step, 1), third(step, 1.0 / 3);
  const Tensor slope = weighted_sum({{s, b.w}, {-12 * s, b.k}});
  const Tensor v = weighted_sum({{1, state.v}, {s, b.h}, {6 * s, b.k}});
  const Tensor first = target.score(weighted_sum({{1, state.x}, {to_left.a, v}, {to_left.b, slope}}), target.t);
  const Tensor middle = weighted_sum({{1, state.x}, {to_right.a, v}, {to_right.b, slope}});
  const Tensor second = target.score(weighted_sum({{1, middle}, {h * third.a, first}}), target.t);
  // A force at the share c acts for the share 1 − c, which is the other Gauss point.
  const Tensor free = weighted_sum({{1, state.x}, {whole.a, v}, {whole.b, slope}});
  state.x = weighted_sum({{1, free}, {0.5 * h * to_right.a, first}, {0.5 * h * to_left.a, second}});
  const Tensor damped = weighted_sum({{whole.beta, v}, {whole.a / h, slope}});
  const Tensor kicked = weighted_sum({{1, damped}, {0.5 * h * to_right.beta, first}, {0.5 * h * to_left.beta, second}});
  state.v = weighted_sum({{1, kicked}, {-s, b.h}, {6 * s, b.k}});
}

}  // namespace fokker
