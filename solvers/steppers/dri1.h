#pragma once

#include "fokker/solvers/steppers/solver.h"

namespace fokker {

/// DRI1 [debrabant2009], a stochastic Runge–Kutta method of weak order 2 for general Itô noise, with three drift
/// evaluations a step.  The increments are Gaussian; the two-point variables of the method are the signs of H.  Apart
/// from these signs the method reads W alone.  It therefore has no more than strong order 1 under additive and diagonal
/// noise, and ½ in general.
class Dri1 final : public Solver {
 public:
  std::string name() const override { return "dri1"; }
  SolverClaims claims() const override {
    return {.strong_additive = 1,
            .strong_diagonal = 1,
            .strong_general = 0.5,
            .weak_additive = 2,
            .weak = 2,
            .evaluations = 3,
            .areas = 1};
  }
  std::unique_ptr<Solver> clone() const override { return std::make_unique<Dri1>(); }
  Tensor step(const Sde& sde, const BrownianIncrement& b, const Tensor& x, double t0, double t1) const override;
};

}  // namespace fokker
