#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "fokker/sde/sde.h"
#include "fokker/solvers/noise/noise.h"

namespace fokker {

/// What a solver promises; the tests measure each claim.  A strong order is 0 where the
/// solver does not solve SDEs of that noise.
struct SolverClaims {
  double strong_additive = 0, strong_diagonal = 0, strong_general = 0;  // scalar noise counts as diagonal
  double weak_additive = 1, weak = 1;                                   // under additive noise, and under other noise
  int evaluations = 1;  // evaluations of the drift in a step; 0: as many as it takes
  int areas = 0;        // Lévy areas that it reads; 1: H, 2: H and K
  /// The calculus whose solution the solver finds under noise that is not additive.
  bool ito = true, stratonovich = false;
  bool reversible = false;  // `advance` from t1 to t0 along the reversed increment undoes `advance` from t0 to t1

  double strong(Noise noise) const;
};

/// The end of a step and an estimate of its error, both of x's shape.
struct EstimatedStep {
  Tensor x, error;
};

/// A solution at a grid point: x, and what its solver remembers of earlier steps.
/// The memory is empty before the first step.
struct SolverState {
  Tensor x;
  std::vector<Tensor> memory = {};
};

/// A method that steps an SDE between two grid points; t1 < t0 runs backwards in time.
class Solver {
 public:
  virtual ~Solver() = default;
  virtual std::string name() const = 0;
  virtual SolverClaims claims() const = 0;
  virtual std::unique_ptr<Solver> clone() const = 0;
  /// Returns x(t1) from x(t0) = x along the path `b`, without a memory.
  virtual Tensor step(const Sde& sde, const BrownianIncrement& b, const Tensor& x, double t0, double t1) const = 0;
  /// Takes the state from t0 to t1; solvers without a memory leave the memory empty.
  virtual void advance(const Sde& sde, const BrownianIncrement& b, SolverState& state, double t0, double t1) const {
    state.x = step(sde, b, state.x, t0, t1);
  }
  /// Returns the step with an embedded estimate of its error, for
  /// `solve_adaptive`, or nothing where the method has none.
  virtual std::optional<EstimatedStep> estimated_step(const Sde& sde, const BrownianIncrement& b, const Tensor& x,
                                                      double t0, double t1) const;
  /// Returns what helps where a step has no finite result, for messages.
  virtual std::string remedy() const { return "take smaller steps, or check drift and diffusion there"; }
};

/// A solver with a method of lower order on its stages.  The difference of the
/// two results estimates the error of a step.
class EmbeddedSolver : public Solver {
 public:
  Tensor step(const Sde& sde, const BrownianIncrement& b, const Tensor& x, double t0, double t1) const final {
    return stages(sde, b, x, {t0, t1}, nullptr);
  }
  std::optional<EstimatedStep> estimated_step(const Sde& sde, const BrownianIncrement& b, const Tensor& x, double t0,
                                              double t1) const final;

 protected:
  /// Returns the step from t[0] to t[1]; stores that of the lower method in `lower` unless it is null.
  virtual Tensor stages(const Sde& sde, const BrownianIncrement& b, const Tensor& x, std::array<double, 2> t,
                        Tensor* lower) const = 0;
};

/// The steppers of any SDE by their names (registry.cpp).
std::vector<std::string> stepper_names();
/// Throws ConfigError for an unknown name, with the nearest.
std::unique_ptr<Solver> make_solver(const std::string& name);

/// Whether a solver with these claims solves SDEs of this noise and calculus.
bool fits(const SolverClaims& claims, const Sde& sde);
/// Throws ConfigError, naming the solvers that fit, where `solver` does not solve SDEs of this noise or calculus.
void require_fit(const Solver& solver, const Sde& sde);

/// Returns x at the last point of `grid` from x at the first, in one step between neighbours.  `noise` has the shape
/// sde.noise_shape(x.shape()).  The result is on the tape where `x` or what the SDE holds is tracked.  Throws
/// ConfigError for a solver that does not fit or a grid that is not strictly monotone.  Throws NumericalError, which
/// names sample and step, where the solution is not finite.
Tensor solve(const Sde& sde, const Solver& solver, const BrownianMotion& noise, Tensor x, std::span<const double> grid);

/// Returns the states at every point of the grid; x is the first.
std::vector<Tensor> solve_path(const Sde& sde, const Solver& solver, const BrownianMotion& noise, const Tensor& x,
                               std::span<const double> grid);

/// Returns the steps + 1 points of equal steps from `begin` to `end`.
std::vector<double> uniform_points(double begin, double end, std::int64_t steps);

namespace detail {

/// Throws ConfigError unless the grid has two points and is strictly monotone.
void require_grid(std::span<const double> grid);
/// Returns the numbers of the grid points at which `frames` lie, in the grid's order; no frames mean the last point.
/// Throws ConfigError for a frame that is no grid point.
std::vector<std::size_t> frame_points(std::span<const double> grid, std::span<const double> frames);

/// A solver on its way along a grid.
struct Course {
  const Sde& sde;
  const Solver& solver;
  const BrownianMotion& noise;
  std::span<const double> grid;
  std::int64_t first_sample = 0;  // number of the batch's first row in messages

  std::size_t steps() const { return grid.size() - 1; }
  /// Throws what `solve` throws before its first step.
  void check(const Tensor& x) const;
  /// Returns the increment of step `i`, from point i to the next; empty where the SDE has no noise.
  BrownianIncrement increment(std::size_t i, const Shape& x) const;
  void advance(SolverState& state, const BrownianIncrement& b, std::size_t i) const {
    solver.advance(sde, b, state, grid[i], grid[i + 1]);
  }
  /// Makes all steps from x; `watch` sees the state after each step.
  Tensor march(const Tensor& x, const std::function<void(std::size_t i, const SolverState& at)>& watch = {}) const;
  /// Throws NumericalError, which names sample and step, where `end`, to which the course leads from x, is not finite.
  void require_finite(const Tensor& x, const Tensor& end) const;
};

/// Returns the first row of x that is not finite, or −1.
std::int64_t first_not_finite(const Tensor& x);

/// Returns g · b: elementwise where they have equal ranks, else the matrices g [B, D, M] times the vectors b [B, M].
Tensor times(const Tensor& g, const Tensor& b);

/// One term of a scheme's noise, g·(w W + h H).
struct NoiseTerm {
  Tensor g;
  double w, h;
};

/// One term of a scheme's drift.  `advance` returns x + Σ weight·f + Σ g (w
/// W + h H), and reads H only where some h ≠ 0.
struct DriftTerm {
  double weight;
  Tensor f;
};
Tensor advance(const Tensor& x, std::span<const DriftTerm> drifts, std::span<const NoiseTerm> noises,
               const BrownianIncrement& b);

}  // namespace detail
}  // namespace fokker
