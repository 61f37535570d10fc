#pragma once

#include <memory>
#include <string>
#include <vector>

#include "fokker/solvers/steppers/solver.h"

namespace fokker {

/// How a backward pass finds the states of the path again.
///   tape:        every step stays on the tape; derivatives of any order, memory O(steps).
///   checkpoint:  one state in `segment` steps is kept, and its segment is stepped again [chen2016]; memory O(√steps).
///   reversible:  each state is found from the next by the solver's own step back [kidger2021]; memory O(1).
/// The last two give first derivatives of the same path.
enum class Adjoint : std::uint8_t { tape, checkpoint, reversible };
const char* to_string(Adjoint adjoint);
/// Throws ConfigError for another name.
Adjoint adjoint(const std::string& name);

/// A path through which gradients flow: to x(0), and to what drift and diffusion are made of.
struct DifferentiablePath {
  std::shared_ptr<const Sde> sde;
  std::shared_ptr<const Solver> solver;
  std::shared_ptr<const BrownianMotion> noise;
  std::vector<double> grid;
  std::vector<double> frames = {};      // points of the grid, in its order, whose states are wanted; empty: the last
  std::vector<Tensor> parameters = {};  // the leaves that `sde` holds; the tape finds them for itself
  Adjoint adjoint = Adjoint::tape;
  std::int64_t segment = 0;  // of checkpoint, in steps; 0: √steps
};

/// The states [frames, B, ...] of the path from x [B, ...] at the first point of the grid.  With `checkpoint` and
/// `reversible` it is one op, whose vjp steps the SDE again: until then parameters must keep their values.
/// Throws ConfigError for a solver that does not fit or cannot be reversed, frames off the grid, parameters that are no
/// leaves, leaves of the SDE that are not among them, and for derivatives of gradients by an adjoint; NumericalError where
/// the path is not finite, or where a backward pass does not meet the path again: values have changed, the drift is
/// random, or, for `reversible`, rounding errors have grown too much (beyond 1e-6 of the state in f64, 1e-3 in f32).
Tensor solve(const DifferentiablePath& path, const Tensor& x);

}  // namespace fokker
