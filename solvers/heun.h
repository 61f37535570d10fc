#pragma once

#include "fokker/solvers/solver.h"

namespace fokker {

/// Stochastic Heun [kloeden1992]:  y = x + h f₀ + g₀ W,  x⁺ = x + ½ h (f₀ + f(y)) + ½ (g₀ + g(y)) W.  It converges to the
/// Stratonovich solution, so that as an Itô solver it takes additive noise alone, where the two agree: strong order 1,
/// weak order 2, two drift evaluations a step.  Without noise it is Heun's second-order method.
class StochasticHeun final : public Solver {
 public:
  std::string name() const override { return "stochastic_heun"; }
  SolverClaims claims() const override { return {.strong_additive = 1, .weak_additive = 2, .evaluations = 2}; }
  std::unique_ptr<Solver> clone() const override { return std::make_unique<StochasticHeun>(); }
  Tensor step(const Sde& sde, const BrownianIncrement& b, const Tensor& x, double t0, double t1) const override;
};

}  // namespace fokker
