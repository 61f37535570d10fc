#pragma once

#include "fokker/solvers/steppers/solver.h"

namespace fokker {

/// The drift-implicit Euler–Maruyama method [kloeden1992, §12.2] for stiff drift:  x⁺ = x + h f(x⁺, t + h) + g(x, t) W.
/// Strong order ½, or 1 under additive noise; weak order 1; Itô.  Each sample's equation is solved by a damped Newton
/// method.  GMRES solves the linear systems with products of the drift's Jacobian, which autodiff gives; it is exact up
/// to 40 dimensions.  Where Newton's method fails, the root is followed from h = 0 on.  Where that finds no root, the
/// sample becomes NaN, which `solve` and `sample` report.  Throws ConfigError for a drift that is not written in ops,
/// and for a state on the tape, since the step is not differentiable.
class ImplicitEuler final : public Solver {
 public:
  std::string name() const override { return "implicit_euler"; }
  SolverClaims claims() const override {
    return {.strong_additive = 1, .strong_diagonal = 0.5, .strong_general = 0.5, .evaluations = 0};
  }
  std::unique_ptr<Solver> clone() const override { return std::make_unique<ImplicitEuler>(); }
  Tensor step(const Sde& sde, const BrownianIncrement& b, const Tensor& x, double t0, double t1) const override;
  std::string remedy() const override {
    return "neither Newton's method nor continuation from h = 0 found a solution: take smaller steps, or check that "
           "all of the drift is written in ops";
  }
};

}  // namespace fokker
