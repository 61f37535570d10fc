#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "fokker/sde/sde.h"

namespace fokker {

/// The right-hand side of dx/dt = field(x, t) for a batch x [B, ...] at one time; the result has x's shape.
using VectorField = std::function<Tensor(const Tensor& x, double t)>;
/// A right-hand side for samples that differ by more than their state: `rows` says which samples of the batch x holds.
using SampleField = std::function<Tensor(const Tensor& x, double t, std::span<const std::size_t> rows)>;

/// The names of the methods that OdeConfig::method takes:
///   dopri5                    Dormand–Prince 5(4) [dormand1980] with its own interpolant of order 4; the default;
///   fehlberg78                Runge–Kutta–Fehlberg 7(8) [fehlberg1968], carried on in order 8, for tight tolerances
///                             and references; the error estimate is 0 where slopes depend on time alone;
///   adams_bashforth_moulton   four steps, order 4, two evaluations a step; for fixed steps alone [hairer1993].
std::vector<std::string> ode_method_names();

/// The method, the tolerances and the steps of `solve_ode`.
struct OdeConfig {
  std::string method = "dopri5";
  double absolute = 1e-5, relative = 1e-5;
  std::int64_t steps = 0;            // number of equal steps, without error control; 0: error control
  std::int64_t max_steps = 100'000;  // the most tries of one sample under error control; more are an error
  std::int64_t apart = 0;            // number of last elements of a sample whose errors are each held to the tolerance
  std::vector<double> frames = {};   // times from t0 to t1 at which the solution is wanted
  std::int64_t first_sample = 0;     // number of the first sample, for messages
  /// Called after each step with the share of the way that the slowest sample has done.
  std::function<void(double fraction)> progress = {};
};

/// The result of `solve_ode` for x [B, ...].
struct OdeSolution {
  Tensor x;                               // the solution [B, ...] at t1
  std::vector<Tensor> frames;             // the solutions [B, ...] at OdeConfig::frames
  std::vector<std::int64_t> evaluations;  // evaluations of the field for each sample, counted
};

/// Returns x at t1 from x [B, ...] at t0, in either direction, by Boost.Odeint in double precision.  `field`
/// is evaluated in x's dtype and off the tape.  Each sample has its own error control: the RMS over its
/// elements of error / (absolute + relative |x|) is at most 1.  Each sample has its own steps, so that its
/// bits do not depend on the batch.  Steps are powers of two on one lattice, so that samples in the same cell
/// are evaluated together.  Frames do not change the steps: dopri5 interpolates; the other methods reach a
/// frame by a step of fehlberg78, 13 more evaluations.
/// Throws ConfigError for settings that do not fit together.  Throws NumericalError, which names sample, step and time,
/// where the solution is not finite or the tolerance cannot be met.
OdeSolution solve_ode(const SampleField& field, const Tensor& x, double t0, double t1, const OdeConfig& config = {});
OdeSolution solve_ode(const VectorField& field, const Tensor& x, double t0, double t1, const OdeConfig& config = {});

/// Calls solve_ode with the method dopri5, the default.
inline OdeSolution dopri5(const VectorField& field, const Tensor& x, double t0, double t1,
                          const OdeConfig& config = {}) {
  return solve_ode(field, x, t0, t1, config);
}

}  // namespace fokker
