#pragma once

#include <functional>
#include <vector>

#include "fokker/solvers/noise/brownian_rows.h"
#include "fokker/solvers/steppers/solver.h"

namespace fokker {

/// The tolerances of `solve_adaptive` and what is recorded on the way.  A relative tolerance is a share of the state;
/// an absolute one is in the units of x.
struct AdaptiveConfig {
  double absolute = 1e-2, relative = 1e-2;
  std::int64_t max_steps = 100'000;  // the most tries of one sample; more are an error
  std::vector<double> frames = {};   // times at which the solution is wanted, to 2^-25 of the path's length
  /// Called after each step with the share of the path that the slowest sample has done.
  std::function<void(double fraction)> progress = {};
};

/// The result of `solve_adaptive` for x [B, ...].
struct AdaptiveSolution {
  Tensor x;                                      // the solution [B, ...] at the path's end
  std::vector<Tensor> frames;                    // the solutions [B, ...] at AdaptiveConfig::frames
  std::vector<std::int64_t> accepted, rejected;  // counts of the steps of each sample
  double evaluations = 0;  // evaluations of the drift for one sample, counted; a mean over the samples
};

/// Returns x at the end of the path from x [B, ...] at its start, off the tape, with error control.  A step is accepted
/// where the RMS over a sample's elements of  error / max(absolute, relative · max(|x|, |x⁺|))  is at most 1
/// [jolicoeur2021].  PI control sets the length of the next step.  The error is the solver's embedded estimate where it
/// has one.  Elsewhere it is the difference between one step and two of half its length, and the two are kept.
/// No noise is redrawn: steps are cells of the path's own tree.  A rejected step is followed by steps within it on the
/// same path, so that rejection leaves no bias [foster2023].  Each sample has its own steps, and its bits do not depend
/// on the batch.  Frames do not change the steps: an additional step leads to each frame.
/// Throws ConfigError for a solver that does not fit, for tolerances that are not positive and for frames off the path.
/// Throws ConfigError also for a solver of strong order below 1 under noise that is not additive.  Where the noise
/// chooses the steps, the limit of such a solver is wrong [gaines1997].  Throws ShapeError for a path of another shape
/// or dtype.  Throws NumericalError, which names sample, step and time, where the solution is not finite or the
/// tolerance cannot be met.
AdaptiveSolution solve_adaptive(const Sde& sde, const Solver& solver, const BrownianRows& path, const Tensor& x,
                                const AdaptiveConfig& config = {});

}  // namespace fokker
