#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "fokker/sde/sde.h"
#include "fokker/solvers/noise.h"

namespace fokker {

/// What a solver promises; the tests measure each.  A strong order of 0: it does not solve SDEs of that noise.
struct SolverClaims {
  double strong_additive = 0, strong_diagonal = 0, strong_general = 0;  // scalar noise counts as diagonal
  double weak_additive = 1, weak = 1;                                   // under additive noise, and under other noise
  int evaluations = 1;                                                  // of the drift, a step
  int areas = 0;                                                        // Lévy areas it reads: 1: H, 2: H and K
  /// The calculus whose solution it finds under noise that is not additive.
  bool ito = true, stratonovich = false;

  double strong(Noise noise) const;
};

/// One step of an SDE between two grid points; t1 < t0 runs backwards in time.
class Solver {
 public:
  virtual ~Solver() = default;
  virtual std::string name() const = 0;
  virtual SolverClaims claims() const = 0;
  virtual std::unique_ptr<Solver> clone() const = 0;
  /// x(t1) from x(t0) = x along the path `b`.
  virtual Tensor step(const Sde& sde, const BrownianIncrement& b, const Tensor& x, double t0, double t1) const = 0;
};

/// Throws ConfigError, naming the solvers that fit, where `solver` does not solve SDEs of this noise or calculus.
void require_fit(const Solver& solver, const Sde& sde);

/// x at the last point of `grid` from x at its first, in one step between each two neighbours; `noise` has the shape
/// sde.noise_shape(x.shape()).  On the tape where `x` or what the SDE holds is tracked.  Throws ConfigError for a solver
/// that does not fit or a grid that is not strictly monotone, NumericalError, naming sample and step, where the solution
/// is not finite.
Tensor solve(const Sde& sde, const Solver& solver, const BrownianMotion& noise, Tensor x, std::span<const double> grid);

/// The states at every point of the grid, x the first.
std::vector<Tensor> solve_path(const Sde& sde, const Solver& solver, const BrownianMotion& noise, const Tensor& x,
                               std::span<const double> grid);

/// `steps` equal steps from `begin` to `end`: steps + 1 points.
std::vector<double> uniform_points(double begin, double end, std::int64_t steps);

namespace detail {

/// Throws ConfigError unless the grid has two points and is strictly monotone.
void require_grid(std::span<const double> grid);

/// `solve`, for a batch whose first row is a larger batch's sample `first_sample`, its number in messages.
struct March {
  const Sde& sde;
  const Solver& solver;
  std::span<const double> grid;
  std::int64_t first_sample = 0;
  std::function<void(std::size_t step, const Tensor& x)> watch = {};  // called after each step

  Tensor operator()(const BrownianMotion& noise, const Tensor& x) const;
};

/// The first row of x that is not finite, or −1.
std::int64_t first_not_finite(const Tensor& x);

/// g · b: elementwise where they have equal ranks, else the matrices g [B, D, M] times the vectors b [B, M].
Tensor times(const Tensor& g, const Tensor& b);

/// g·(w W + h H), one term of a scheme's noise.
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
