#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "fokker/solvers/noise/brownian_path.h"
#include "fokker/solvers/steppers/solver.h"

namespace fokker {

/// What strong orders are measured on: an SDE with its solution along a Brownian path, exact or by far smaller steps.
struct OrderProblem {
  std::string name;
  std::shared_ptr<const Sde> sde;
  std::vector<double> start;  // x at `begin`, of every path, [D]
  /// x at `end`, [paths, D], from x0 of that shape.
  std::function<Tensor(const BrownianPath& path, const Tensor& x0)> solution = {};
  double begin = 0, end = 1;
  int coarsest = 5;     // the largest step is 2^-coarsest of the interval
  bool linear = false;  // in x

  /// Paths first … first + paths − 1.
  BrownianPath path(std::uint64_t seed, std::int64_t paths, std::int64_t first = 0) const;
  /// `start` for each path, [paths, D].
  Tensor initial(std::int64_t paths) const;
};

/// Additive noise: OU, double wells with constant and with fading noise, the reverse VP diffusion of a mixture; all see
/// I(1,0), so that a path with a wrong H shows.  Diagonal: geometric Brownian motion and x = tanh(½B + c).  Scalar: a
/// rotation.  General: two noises that do not commute.  All but the additive ones in both calculi.
const std::vector<OrderProblem>& order_problems();

/// The strong order that a solver claims on a problem, 0 where it does not fit.  What order 1.5 leaves out under additive
/// noise is an integral with f″: on a linear SDE such a method has order 2.
double claimed_order(const SolverClaims& claims, const OrderProblem& problem);

}  // namespace fokker
