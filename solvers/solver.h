#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "fokker/sde/sde.h"
#include "fokker/solvers/noise.h"

namespace fokker {

/// What a solver promises; the tests measure each.
struct SolverClaims {
  double strong_additive;  // strong order under additive noise
  double strong_diagonal;  // under diagonal noise; 0: does not solve such SDEs
  double weak;             // weak order under additive noise
  int evaluations;         // drift evaluations a step
  bool uses_area;          // reads H
};

/// One step of an SDE in Itô form between two grid points; t1 < t0 runs backwards in time.  Under additive noise Itô and
/// Stratonovich agree.
class Solver {
 public:
  virtual ~Solver() = default;
  virtual std::string name() const = 0;
  virtual SolverClaims claims() const = 0;
  virtual std::unique_ptr<Solver> clone() const = 0;
  /// x(t1) from x(t0) = x along the path `b`.
  virtual Tensor step(const Sde& sde, const BrownianIncrement& b, const Tensor& x, double t0, double t1) const = 0;
};

/// Throws ConfigError, naming the solvers that fit, where `solver` does not solve SDEs of this noise.
void require_fit(const Solver& solver, const Sde& sde);

/// x at the last point of `grid` from x at its first, in one step between each two neighbours.
Tensor solve(const Sde& sde, const Solver& solver, const BrownianMotion& noise, Tensor x, std::span<const double> grid);

/// `steps` equal steps from `begin` to `end`: steps + 1 points.
std::vector<double> uniform_points(double begin, double end, std::int64_t steps);

namespace detail {

/// g·(w W + h H), one term of a scheme's noise; g is a scalar or has x's shape.
struct NoiseTerm {
  Tensor g;
  double w, h;
};

/// x + Σ weight·drift + Σ g (w W + h H); H is read only where some h ≠ 0.
struct DriftTerm {
  double weight;
  Tensor f;
};
Tensor advance(const Tensor& x, std::span<const DriftTerm> drifts, std::span<const NoiseTerm> noises,
               const BrownianIncrement& b);

}  // namespace detail
}  // namespace fokker
