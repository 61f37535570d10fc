#pragma once

#include <memory>
#include <string>

#include "fokker/sde/sde.h"
#include "fokker/solvers/noise.h"

namespace fokker {

/// What a solver promises; the tests measure each.
struct SolverClaims {
  double strong_additive;  // strong order under additive noise
  double strong_diagonal;  // under diagonal noise; 0: does not solve such SDEs
  double weak;
  int evaluations;         // drift evaluations a step
  bool uses_area;          // reads H
};

/// One step of an SDE in Itô form between two grid points; t1 < t0 runs backwards in time.
class Solver {
 public:
  virtual ~Solver() = default;
  virtual std::string name() const = 0;
  virtual SolverClaims claims() const = 0;
  virtual std::unique_ptr<Solver> clone() const = 0;
  /// x(t1) from x(t0) = x along the path `b`.
  virtual Tensor step(const Sde& sde, const BrownianIncrement& b, const Tensor& x, double t0, double t1) const = 0;
};

}  // namespace fokker
