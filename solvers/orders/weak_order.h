#pragma once

#include <memory>
#include <string>
#include <vector>

#include "fokker/solvers/orders/order.h"
#include "fokker/solvers/steppers/solver.h"

namespace fokker {

/// What weak orders are measured on: an SDE on [0, 1] that is linear in x, so that its moments are exact.
struct WeakProblem {
  std::string name;
  std::shared_ptr<const Sde> sde;
  std::vector<double> start;         // x(0), [D]
  std::vector<double> mean, second;  // E x(1), [D], and E x(1) x(1)ᵀ, [D, D]
  bool autonomous = true;            // nothing depends on t
};

/// Additive noise: OU with constant and with fading noise.  Diagonal: geometric Brownian motion.  Scalar and general, in
/// the plane: by one noise and by two that do not commute.  All but the additive ones in both calculi.
const std::vector<WeakProblem>& weak_problems();

/// The weak order that a solver claims on a problem, 0 where it does not fit.
double claimed_order(const SolverClaims& claims, const WeakProblem& problem);

/// The order of the first two moments at t = 1, the smaller one, without sampling: a step is a random affine map whose
/// moments a quadrature over (W, H, K) gives to rounding, hence those after any number of steps.  A moment counts over the
/// six smallest steps, down to 2^-14, whose errors stand clear of rounding; infinity where none has as many.
/// Throws ConfigError for a solver that does not fit.
MeasuredOrder measured_weak_order(const Solver& solver, const WeakProblem& problem);

}  // namespace fokker
