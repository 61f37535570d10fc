#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "fokker/solvers/noise/brownian_path.h"
#include "fokker/solvers/steppers/solver.h"

namespace fokker {

/// A problem on which strong orders are measured: an SDE with its solution along a Brownian path.  The solution is
/// exact or found by far smaller steps.
struct OrderProblem {
  std::string name;
  std::shared_ptr<const Sde> sde;
  std::vector<double> start;  // x at `begin` of every path, [D]
  /// Returns x at `end`, [paths, D], from x0 of that shape.
  std::function<Tensor(const BrownianPath& path, const Tensor& x0)> solution = {};
  double begin = 0, end = 1;
  int coarsest = 5;     // the largest step is 2^-coarsest of the interval
  bool linear = false;  // whether the SDE is linear in x

  /// Returns the Brownian paths of numbers first … first + paths − 1.
  BrownianPath path(std::uint64_t seed, std::int64_t paths, std::int64_t first = 0) const;
  /// Returns `start` for each path, [paths, D].
  Tensor initial(std::int64_t paths) const;
};

/// Returns the problems.
///   additive:  OU, double wells with constant and with fading noise, and the reverse VP diffusion of a mixture;
///   diagonal:  geometric Brownian motion, and x = tanh(½B + c);
///   scalar:    a rotation;
///   general:   two noises that do not commute.
/// All additive problems see I(1,0), so that a path with a wrong H shows.  All problems
/// but the additive ones are in both calculi.
const std::vector<OrderProblem>& order_problems();

/// Returns the strong order that a solver claims on a problem, 0 where the solver does not fit.  Under additive noise,
/// a method of order 1.5 leaves out an integral with f″.  On a linear SDE it therefore has order 2.
double claimed_order(const SolverClaims& claims, const OrderProblem& problem);

}  // namespace fokker
