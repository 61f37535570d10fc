#pragma once

#include <array>

#include "fokker/solvers/steppers/solver.h"

namespace fokker {

/// A stochastic Runge–Kutta method for additive noise [rossler2010], with I = W/2 + H:
///   Yᵢ = x + h Σ a0ᵢⱼ f(Yⱼ, t + c0ⱼ h) + Σ b0ᵢⱼ g(t + c1ⱼ h) I,
///   x⁺ = x + h Σ αᵢ f(Yᵢ, t + c0ᵢ h) + Σ (β1ᵢ W + β2ᵢ I) g(t + c1ᵢ h).
template <int S>
struct SraTableau {
  std::array<double, S> c0, c1;
  std::array<std::array<double, S>, S> a0, b0;
  std::array<double, S> alpha, beta1, beta2;
};

/// Whether a tableau is explicit and has strong order 1.5 under additive, time-dependent noise.
template <int S>
constexpr bool satisfies_order_conditions(const SraTableau<S>& m) {
  const auto is = [](double value, double wanted) { return value - wanted < 1e-12 && wanted - value < 1e-12; };
  double alpha = 0, beta1 = 0, beta2 = 0, alpha_a = 0, alpha_b = 0, alpha_bb = 0, beta1_c = 0, beta2_c = 0;
  for (int i = 0; i < S; ++i) {
    double a = 0, b = 0;
    for (int j = 0; j < S; ++j) {
      a += m.a0[i][j];
      b += m.b0[i][j];
      if (j >= i && (m.a0[i][j] != 0 || m.b0[i][j] != 0)) return false;
    }
    if (!is(a, m.c0[i])) return false;
    alpha += m.alpha[i];
    beta1 += m.beta1[i];
    beta2 += m.beta2[i];
    alpha_a += m.alpha[i] * a;
    alpha_b += m.alpha[i] * b;
    alpha_bb += m.alpha[i] * b * b;
    beta1_c += m.beta1[i] * m.c1[i];
    beta2_c += m.beta2[i] * m.c1[i];
  }
  return is(alpha, 1) && is(beta1, 1) && is(beta2, 0) && is(alpha_b, 1) && is(alpha_a, 0.5) && is(alpha_bb, 1.5) &&
         is(beta1_c, 1) && is(beta2_c, -1);
}

inline constexpr SraTableau<2> sra1{.c0 = {0, 3. / 4},
                                    .c1 = {1, 0},
                                    .a0 = {{{0, 0}, {3. / 4, 0}}},
                                    .b0 = {{{0, 0}, {3. / 2, 0}}},
                                    .alpha = {1. / 3, 2. / 3},
                                    .beta1 = {1, 0},
                                    .beta2 = {-1, 1}};
static_assert(satisfies_order_conditions(sra1));

inline constexpr SraTableau<2> sra2{.c0 = {0, 3. / 4},
                                    .c1 = {1. / 3, 1},
                                    .a0 = {{{0, 0}, {3. / 4, 0}}},
                                    .b0 = {{{0, 0}, {3. / 2, 0}}},
                                    .alpha = {1. / 3, 2. / 3},
                                    .beta1 = {0, 1},
                                    .beta2 = {3. / 2, -3. / 2}};
static_assert(satisfies_order_conditions(sra2));

inline constexpr SraTableau<3> sra3{.c0 = {0, 1, 1. / 2},
                                    .c1 = {1, 0, 0},
                                    .a0 = {{{0, 0, 0}, {1, 0, 0}, {1. / 4, 1. / 4, 0}}},
                                    .b0 = {{{0, 0, 0}, {0, 0, 0}, {1, 1. / 2, 0}}},
                                    .alpha = {1. / 6, 1. / 6, 2. / 3},
                                    .beta1 = {1, 0, 0},
                                    .beta2 = {-1, 1, 0}};
static_assert(satisfies_order_conditions(sra3));

/// SOSRA, which is optimised for a large region of mean-square stability [rackauckas2020].
inline constexpr SraTableau<3> sosra{
    .c0 = {0, .6923962376159507, 1},
    .c1 = {0, .041248171110700504, 1},
    .a0 = {{{0, 0, 0}, {.6923962376159507, 0, 0}, {-3.1609142252828395, 4.1609142252828395, 0}}},
    .b0 = {{{0, 0, 0}, {1.3371632704399763, 0, 0}, {1.442371048468624, 1.8632741501139225, 0}}},
    .alpha = {.2889874966892885, .6859880440839937, .025024459226717772},
    .beta1 = {-16.792534242221663, 17.514995785380226, .27753845684143835},
    .beta2 = {.4237535769069274, .6010381474428539, -1.0247917243497813}};
static_assert(satisfies_order_conditions(sosra));

/// The method of a tableau for additive noise.  Strong order 1.5, weak order 2, S drift evaluations a step.  The
/// embedded method is Euler–Maruyama, x + h f(Y₁) + g W.
template <int S>
class Sra final : public EmbeddedSolver {
 public:
  Sra(std::string name, const SraTableau<S>& tableau) : name_(std::move(name)), tableau_(tableau) {}
  std::string name() const override { return name_; }
  SolverClaims claims() const override {
    return {.strong_additive = 1.5, .weak_additive = 2, .evaluations = S, .areas = 1};
  }
  std::unique_ptr<Solver> clone() const override { return std::make_unique<Sra>(*this); }

 protected:
  Tensor stages(const Sde& sde, const BrownianIncrement& b, const Tensor& x, std::array<double, 2> t,
                Tensor* lower) const override;

 private:
  std::string name_;
  SraTableau<S> tableau_;
};
extern template class Sra<2>;
extern template class Sra<3>;

/// SEA, the shifted Euler method for additive noise [foster2024]:
///   x⁺ = x + h f(x + g₀ (½W + H), t) + g₀ W + (g₁ − g₀)(½W − H).
/// Strong order 1, weak order 1, one drift evaluation a step.  The weak error has a far
/// smaller constant than that of Euler–Maruyama.
class Sea final : public Solver {
 public:
  std::string name() const override { return "sea"; }
  SolverClaims claims() const override { return {.strong_additive = 1, .areas = 1}; }
  std::unique_ptr<Solver> clone() const override { return std::make_unique<Sea>(); }
  Tensor step(const Sde& sde, const BrownianIncrement& b, const Tensor& x, double t0, double t1) const override;
};

/// ShARK [foster2024] for additive noise:  y₁ = x + g₀ H,  y₂ = x + ⅚ h f(y₁) + g₀ (⅚ W + H),
///   x⁺ = x + h (⅖ f(y₁, t) + ⅗ f(y₂, t + ⅚ h)) + g₀ W + (g₁ − g₀)(½W − H).
/// Strong order 1.5, weak order 2, two drift evaluations a step.  The embedded method is x + h f(y₁) + g₀ W.
class Shark final : public EmbeddedSolver {
 public:
  std::string name() const override { return "shark"; }
  SolverClaims claims() const override {
    return {.strong_additive = 1.5, .weak_additive = 2, .evaluations = 2, .areas = 1};
  }
  std::unique_ptr<Solver> clone() const override { return std::make_unique<Shark>(); }

 protected:
  Tensor stages(const Sde& sde, const BrownianIncrement& b, const Tensor& x, std::array<double, 2> t,
                Tensor* lower) const override;
};

}  // namespace fokker
