#pragma once

#include <memory>
#include <string>
#include <vector>

#include "fokker/solvers/steppers/solver.h"

namespace fokker {

/// How a backward pass finds the states of the path again:
///   tape:        every step stays on the tape; derivatives of any order, memory O(steps).
///   checkpoint:  one state in `segment` steps is kept, and its segment is stepped again [chen2016]; memory O(√steps).
///   reversible:  each state is found from the next by the solver's own step back [kidger2021]; memory O(1).
/// Checkpoint and reversible give first derivatives of the same path.
enum class Adjoint : std::uint8_t { tape, checkpoint, reversible };
const char* to_string(Adjoint adjoint);
/// Throws ConfigError for another name.
Adjoint adjoint(const std::string& name);

/// A path through which gradients flow to x(0) and to the parameters of drift and diffusion.
struct DifferentiablePath {
  std::shared_ptr<const Sde> sde;
  std::shared_ptr<const Solver> solver;
  std::shared_ptr<const BrownianMotion> noise;
  std::vector<double> grid;
  std::vector<double> frames = {};      // grid points whose states are wanted, in the grid's order; empty: the last
  std::vector<Tensor> parameters = {};  // the leaves that `sde` holds; the tape needs no list
  Adjoint adjoint = Adjoint::tape;
  std::int64_t segment = 0;  // steps of a segment of checkpoint; 0: √steps
};

/// Returns the states [frames, B, ...] of the path from x [B, ...] at the first point of the grid.  With `checkpoint`
/// and `reversible` the path is one op, whose vjp steps the SDE again; until then parameters must keep their values.
/// Throws ConfigError for a solver that does not fit or cannot be reversed, and for frames off the grid.  Throws
/// ConfigError also for parameters that are no leaves, for leaves of the SDE that are not among the parameters, and for
/// derivatives of gradients by an adjoint.  Throws NumericalError where the path is not finite, and where a backward
/// pass does not meet the path again.  Then values have changed, the drift is random or, for `reversible`, rounding
/// errors have grown beyond 1e-6 of the state in f64, or 1e-3 in f32.
Tensor solve(const DifferentiablePath& path, const Tensor& x);

}  // namespace fokker
