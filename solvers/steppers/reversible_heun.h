#pragma once

#include "fokker/solvers/steppers/solver.h"

namespace fokker {

/// The reversible Heun method [kidger2021], which carries a second solution y with its drift f and diffusion g:
///   y⁺ = 2x − y + f h + g W,   f⁺ = f(y⁺, t₁),  g⁺ = g(y⁺, t₁),   x⁺ = x + ½ (f + f⁺) h + ½ (g + g⁺) W.
/// The start is y = x.  A step from t₁ to t₀ with −W undoes the step from t₀ to t₁, but for rounding.  The method finds
/// the Stratonovich solution, with one evaluation a step and one more at the start.  Strong order 1 under additive and
/// diagonal noise, ½ in general; weak order 2 under additive noise, else 1.  In directions that the drift contracts at
/// the rate λ, y − x grows as e^{|λ| t}, so that the method does not serve |λ| t much above 10.
class ReversibleHeun final : public Solver {
 public:
  std::string name() const override { return "reversible_heun"; }
  SolverClaims claims() const override {
    return {.strong_additive = 1,
            .strong_diagonal = 1,
            .strong_general = 0.5,
            .weak_additive = 2,
            .ito = false,
            .stratonovich = true,
            .reversible = true};
  }
  std::unique_ptr<Solver> clone() const override { return std::make_unique<ReversibleHeun>(); }
  /// Makes a first step, which is one of stochastic Heun.
  Tensor step(const Sde& sde, const BrownianIncrement& b, const Tensor& x, double t0, double t1) const override;
  void advance(const Sde& sde, const BrownianIncrement& b, SolverState& state, double t0, double t1) const override;
};

}  // namespace fokker
