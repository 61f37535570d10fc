#pragma once

#include <functional>
#include <span>
#include <vector>

#include "fokker/sde/sde.h"

namespace fokker {

/// The right-hand side of dx/dt = field(x, t) for a batch x [B, ...] at one time.
using VectorField = std::function<Tensor(const Tensor& x, double t)>;

struct OdeConfig {
  double absolute = 1e-5, relative = 1e-5;
  std::vector<double> frames = {};                     // times at which the solution is wanted, in its direction
  std::function<void(double fraction)> progress = {};  // called after each step, with how far the slowest sample is
};

struct OdeSolution {
  Tensor x;                               // at t1
  std::vector<Tensor> frames;             // by cubic interpolation, third order
  std::vector<std::int64_t> evaluations;  // of the field, for each sample
};

/// Dormand–Prince 5(4) [dormand1980] by Boost.Odeint, from t0 to t1 in either direction.  Each sample has its own error
/// control (RMS over its elements of error / (absolute + relative |x|) at most 1) and its own steps, so that its bits do
/// not depend on the batch; steps are powers of two of one lattice, so that samples in the same cell are evaluated
/// together.  Throws NumericalError, naming sample and time, where a step size vanishes.
OdeSolution dopri5(const VectorField& field, const Tensor& x, double t0, double t1, const OdeConfig& config = {});

}  // namespace fokker
