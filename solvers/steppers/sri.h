#pragma once

#include <array>

#include "fokker/solvers/steppers/solver.h"

namespace fokker {

/// A stochastic Runge–Kutta method for diagonal or scalar Itô noise [rossler2010], with I₁ = W, I₁₁ = ½(W² − h),
/// I₁₀ = h (W/2 + H), I₁₁₁ = (W³ − 3 h W)/6:
///   Yᵢ = x + h Σ a0ᵢⱼ f(Yⱼ, t + c0ⱼ h) + Σ b0ᵢⱼ g(Zⱼ, t + c1ⱼ h) I₁₀/h,
///   Zᵢ = x + h Σ a1ᵢⱼ f(Yⱼ, t + c0ⱼ h) + Σ b1ᵢⱼ g(Zⱼ, t + c1ⱼ h) √h,
///   x⁺ = x + h Σ αᵢ f(Yᵢ) + Σ (β1ᵢ I₁ + β2ᵢ I₁₁/√h + β3ᵢ I₁₀/h + β4ᵢ I₁₁₁/h) g(Zᵢ).
struct SriTableau {
  static constexpr int stages = 4;
  using Row = std::array<double, stages>;
  using Matrix = std::array<Row, stages>;
  Row c0, c1;
  Matrix a0, a1, b0, b1;
  Row alpha, beta1, beta2, beta3, beta4;
};

/// Whether a tableau is explicit and has strong order 1.5 under diagonal noise: the 25 conditions of [rossler2010].
constexpr bool satisfies_order_conditions(const SriTableau& m) {
  using Row = SriTableau::Row;
  constexpr int n = SriTableau::stages;
  const auto dot = [](const Row& a, const Row& b) {
    double total = 0;
    for (int i = 0; i < n; ++i) total += a[i] * b[i];
    return total;
  };
  const auto times = [&](const SriTableau::Matrix& a, const Row& b) {
    Row product{};
    for (int i = 0; i < n; ++i) product[i] = dot(a[i], b);
    return product;
  };
  const auto is = [](double value, double wanted) { return value - wanted < 1e-10 && wanted - value < 1e-10; };
  const Row e = {1, 1, 1, 1}, a0 = times(m.a0, e), a1 = times(m.a1, e), b0 = times(m.b0, e), b1 = times(m.b1, e);
  Row b0_squared{}, b1_squared{};
  for (int i = 0; i < n; ++i) {
    if (!is(a0[i], m.c0[i]) || !is(a1[i], m.c1[i])) return false;
    for (int j = i; j < n; ++j)
      if (m.a0[i][j] != 0 || m.a1[i][j] != 0 || m.b0[i][j] != 0 || m.b1[i][j] != 0) return false;
    b0_squared[i] = b0[i] * b0[i];
    b1_squared[i] = b1[i] * b1[i];
  }
  const Row* beta[] = {&m.beta1, &m.beta2, &m.beta3, &m.beta4};
  const double by_one[] = {1, 0, 0, 0}, by_b1[] = {0, 1, 0, 0}, by_a1[] = {1, 0, -1, 0};
  const double by_b1_squared[] = {1, 0, -1, 2}, by_b1_b1[] = {0, 0, 0, 1};
  const Row b1_b1 = times(m.b1, b1), a1_b0 = times(m.a1, b0);
  for (int i = 0; i < 4; ++i)
    if (!is(dot(*beta[i], e), by_one[i]) || !is(dot(*beta[i], b1), by_b1[i]) || !is(dot(*beta[i], a1), by_a1[i]) ||
        !is(dot(*beta[i], b1_squared), by_b1_squared[i]) || !is(dot(*beta[i], b1_b1), by_b1_b1[i]))
      return false;
  return is(dot(m.alpha, e), 1) && is(dot(m.alpha, a0), 0.5) && is(dot(m.alpha, b0), 1) &&
         is(dot(m.alpha, b0_squared), 1.5) && is(dot(m.beta1, a1_b0) / 2 + dot(m.beta3, a1_b0) / 3, 0);
}

/// SRIW1 and SRIW2 [rossler2010], and SOSRI [rackauckas2020], which is optimised for mean-square stability.
extern const SriTableau sriw1, sriw2, sosri;

/// The method of a tableau.  Strong order 1.5 under additive, diagonal and scalar noise; weak order 2 under additive
/// noise and `weak` under other noise.  The embedded method, of strong order 1, is
///   x + h f(Y₁) + Σ (β1ᵢ I₁ + β2ᵢ I₁₁/√h) g(Zᵢ).
class Sri final : public EmbeddedSolver {
 public:
  Sri(std::string name, const SriTableau& tableau, double weak);
  std::string name() const override { return name_; }
  SolverClaims claims() const override {
    return {.strong_additive = 1.5,
            .strong_diagonal = 1.5,
            .weak_additive = 2,
            .weak = weak_,
            .evaluations = evaluations_,
            .areas = 1};
  }
  std::unique_ptr<Solver> clone() const override { return std::make_unique<Sri>(*this); }

 protected:
  Tensor stages(const Sde& sde, const BrownianIncrement& b, const Tensor& x, std::array<double, 2> t,
                Tensor* lower) const override;

 private:
  std::string name_;
  SriTableau tableau_;
  std::array<bool, SriTableau::stages> moves_;  // whether Yᵢ differs from x
  double weak_;
  int evaluations_;
};

}  // namespace fokker
