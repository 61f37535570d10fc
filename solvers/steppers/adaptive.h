#pragma once

#include <functional>
#include <vector>

#include "fokker/solvers/noise/brownian_rows.h"
#include "fokker/solvers/steppers/solver.h"

namespace fokker {

struct AdaptiveConfig {
  double absolute = 1e-2, relative = 1e-2;
  std::int64_t max_steps = 100'000;  // tries of one sample, then an error
  std::vector<double> frames = {};   // times on the path at which the solution is wanted, to 2^-25 of its length
  std::function<void(double fraction)> progress = {};  // called after each step, with how far the slowest sample is
};

struct AdaptiveSolution {
  Tensor x;                                      // at the path's end
  std::vector<Tensor> frames;                    // at AdaptiveConfig::frames
  std::vector<std::int64_t> accepted, rejected;  // steps of each sample
  double evaluations = 0;                        // of the drift a sample, counted: a mean
};

/// x at the end of the path from x [B, ...] at its begin, off the tape, with error control: a step is accepted where
/// the RMS over a sample's elements of  error / max(absolute, relative · max(|x|, |x⁺|))  is at most 1 [jolicoeur2021],
/// and PI control sets the next.  The error is the solver's embedded estimate, or else the difference between one step
/// and two of half its length, which are kept.
/// No noise is redrawn: steps are cells of the path's own tree, and a rejected one is followed by steps within it on
/// the same path, which leaves no bias of rejection [foster2023].  Each sample has its own steps, and its bits do not
/// depend on the batch.  Frames do not change the steps: a step of their own leads to each.
/// Throws ConfigError for a solver that does not fit, or whose strong order is below 1 under noise that is not
/// additive: where the noise chooses the steps, it has a wrong limit [gaines1997]; for tolerances that are not positive
/// or frames off the path.  Throws ShapeError for a path of another shape or dtype, NumericalError, naming sample, step
/// and time, where the solution is not finite or the tolerance cannot be met.
AdaptiveSolution solve_adaptive(const Sde& sde, const Solver& solver, const BrownianRows& path, const Tensor& x,
                                const AdaptiveConfig& config = {});

}  // namespace fokker
