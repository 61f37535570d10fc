#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "fokker/sde/sde.h"

namespace fokker {

/// The right-hand side of dx/dt = field(x, t) for a batch x [B, ...] at one time.
using VectorField = std::function<Tensor(const Tensor& x, double t)>;
/// The same where samples differ by more than their state: `rows` says which samples of the batch x holds.
using SampleField = std::function<Tensor(const Tensor& x, double t, std::span<const std::size_t> rows)>;

/// What OdeConfig::method may say:
///   dopri5                    Dormand–Prince 5(4) [dormand1980] with its own interpolant of order 4; the default;
///   fehlberg78                Runge–Kutta–Fehlberg 7(8) [fehlberg1968], carried on in order 8: tight tolerances, references;
///                             its error estimate is 0 where slopes depend on time alone;
///   adams_bashforth_moulton   four steps, order 4, two evaluations a step; fixed steps alone [hairer1993].
std::vector<std::string> ode_method_names();

struct OdeConfig {
  std::string method = "dopri5";
  double absolute = 1e-5, relative = 1e-5;
  std::int64_t steps = 0;            // > 0: that many equal steps, without error control
  std::int64_t max_steps = 100'000;  // tries of one sample under error control, then an error
  std::int64_t apart = 0;            // the last elements of a sample whose errors are each held to the tolerance
  std::vector<double> frames = {};   // times from t0 to t1 at which the solution is wanted
  std::int64_t first_sample = 0;     // number of the first sample, for messages
  std::function<void(double fraction)> progress = {};  // called after each step, with how far the slowest sample is
};

struct OdeSolution {
  Tensor x;                               // at t1
  std::vector<Tensor> frames;             // at OdeConfig::frames
  std::vector<std::int64_t> evaluations;  // of the field, for each sample, counted
};

/// x at t1 from x [B, ...] at t0, in either direction, by Boost.Odeint in double precision; `field` is evaluated in x's
/// dtype and off the tape.  Each sample has its own error control (RMS over its elements of
/// error / (absolute + relative |x|) at most 1) and its own steps, so that its bits do not depend on the batch; steps are
/// powers of two of one lattice, so that samples in the same cell are evaluated together.  Frames do not change the steps:
/// dopri5 interpolates, the other methods go there by a step of fehlberg78, 13 more evaluations.
/// Throws ConfigError for settings that do not fit together, NumericalError, naming sample, step and time, where the
/// solution is not finite or the tolerance cannot be met.
OdeSolution solve_ode(const SampleField& field, const Tensor& x, double t0, double t1, const OdeConfig& config = {});
OdeSolution solve_ode(const VectorField& field, const Tensor& x, double t0, double t1, const OdeConfig& config = {});

/// solve_ode by the default method.
inline OdeSolution dopri5(const VectorField& field, const Tensor& x, double t0, double t1,
                          const OdeConfig& config = {}) {
  return solve_ode(field, x, t0, t1, config);
}

}  // namespace fokker
