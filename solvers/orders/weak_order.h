#pragma once

#include <memory>
#include <string>
#include <vector>

#include "fokker/solvers/orders/order.h"
#include "fokker/solvers/steppers/solver.h"

namespace fokker {

/// A problem on which weak orders are measured: an SDE on [0, 1] that is linear in x, so that its moments are exact.
struct WeakProblem {
  std::string name;
  std::shared_ptr<const Sde> sde;
  std::vector<double> start;         // x(0), [D]
  std::vector<double> mean, second;  // E x(1), [D], and E x(1) x(1)ᵀ, [D, D]
  bool autonomous = true;            // whether nothing depends on t
};

/// Returns the problems.
///   additive:  OU with constant and with fading noise;
///   diagonal:  geometric Brownian motion;
///   scalar:    one noise in the plane;
///   general:   two noises in the plane that do not commute.
/// All problems but the additive ones are in both calculi.
const std::vector<WeakProblem>& weak_problems();

/// Returns the weak order that a solver claims on a problem, 0 where the solver does not fit.
double claimed_order(const SolverClaims& claims, const WeakProblem& problem);

/// Returns the order of the first two moments at t = 1, the smaller one, without sampling.  A step is a random affine
/// map, whose moments a quadrature over (W, H, K) gives to rounding.  From these follow the moments after any number of
/// steps.  A moment counts over the six smallest steps, down to 2^-14, whose errors stand clear of rounding.  The order
/// is infinite where no moment has six such steps.  Throws ConfigError for a solver that does not fit.
MeasuredOrder measured_weak_order(const Solver& solver, const WeakProblem& problem);

}  // namespace fokker
