#pragma once

#include "fokker/solvers/steppers/solver.h"

namespace fokker {

/// The Euler–Maruyama method [kloeden1992]:  x⁺ = x + h f(x, t) + g(x, t) W.
/// It solves Itô SDEs under any noise.  Strong order ½, or 1 under additive noise;
/// weak order 1; one drift evaluation a step.
class EulerMaruyama final : public Solver {
 public:
  std::string name() const override { return "euler_maruyama"; }
  SolverClaims claims() const override { return {.strong_additive = 1, .strong_diagonal = 0.5, .strong_general = 0.5}; }
  std::unique_ptr<Solver> clone() const override { return std::make_unique<EulerMaruyama>(); }
  Tensor step(const Sde& sde, const BrownianIncrement& b, const Tensor& x, double t0, double t1) const override;
};

}  // namespace fokker
