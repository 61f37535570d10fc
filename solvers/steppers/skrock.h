#pragma once

#include "fokker/solvers/steppers/solver.h"

namespace fokker {

/// SK-ROCK [abdulle2018], an explicit stabilised method for stiff drift, with Q = g(x, t) W and Chebyshev polynomials
/// T:
///   K₁ = x + μ₁ h f(x + ν₁ Q) + κ₁ Q,   Kᵢ = μᵢ h f(Kᵢ₋₁) + νᵢ Kᵢ₋₁ + κᵢ Kᵢ₋₂,   x⁺ = K_s,
///   ω₀ = 1 + η/s²,  ω₁ = T_s(ω₀)/T_s′(ω₀),  μ₁ = ω₁/ω₀,  ν₁ = s ω₁/2,  κ₁ = s ω₁/ω₀,
///   μᵢ = 2 ω₁ Tᵢ₋₁(ω₀)/Tᵢ(ω₀),  νᵢ = 2 ω₀ Tᵢ₋₁(ω₀)/Tᵢ(ω₀),  κᵢ = 1 − νᵢ.
/// Strong order ½, or 1 under additive noise; weak order 1; Itô; s drift evaluations a step.  The method is
/// stable, also in mean square, where h times the drift's Jacobian has eigenvalues p in
/// [−(2 − 4η/3) s², 0].  Per evaluation it reaches s times as far as Euler–Maruyama.  The variance of
/// components with |p| ≫ 1 comes out between 0 and the true value.
class SkRock final : public Solver {
 public:
  /// Throws ConfigError for less than one stage, and for a damping η that is not positive.
  explicit SkRock(int stages = 5, double damping = 0.05);
  std::string name() const override { return "skrock"; }
  SolverClaims claims() const override {
    return {.strong_additive = 1, .strong_diagonal = 0.5, .strong_general = 0.5, .evaluations = stages_};
  }
  std::unique_ptr<Solver> clone() const override { return std::make_unique<SkRock>(*this); }
  Tensor step(const Sde& sde, const BrownianIncrement& b, const Tensor& x, double t0, double t1) const override;

 private:
  int stages_;
  double omega0_, omega1_;
};

}  // namespace fokker
