#pragma once

#include <span>
#include <vector>

#include "fokker/sde/langevin.h"
#include "fokker/solvers/noise/noise.h"

namespace fokker {

/// A run of the unadjusted Langevin algorithm at one noise level:  x ← x + ε s(x, t) + √(2ε) ξ, `steps` times.
struct LangevinRun {
  double t;
  double step;  // ε, in units of x²
  int steps;
  std::int64_t first_increment;  // number, in the noise, of the first increment that is used
};
Tensor langevin(const Score& score, const BrownianMotion& noise, Tensor x, const LangevinRun& run);

/// Runs the algorithm with a step of each sample's own at each step,  ε = `run.step` (‖ξ‖/‖s‖)²,  `run.step` = 2 α r²
/// [song2021].  The paper takes the norms' means over the batch, which makes a sample depend on its neighbours.  On
/// N(0, V I) in many dimensions the stationary variance is near V (1 + r²).  In few dimensions ‖s‖ may be near 0, and
/// the steps are then far too long.
Tensor norm_langevin(const Score& score, const BrownianMotion& noise, Tensor x, const LangevinRun& run);

/// Returns the corrector's ε = 2 (r σ)² [song2021, with σ for ‖ξ‖/‖s‖], which is common to all samples of a level.  On
/// N(0, V) the stationary variance is V/(1 − ε/2V) ≤ V/(1 − r²).
double corrector_step(double snr, double sigma);

/// Returns the ε/σ² for `steps` Langevin steps at noise level σ.  These steps bring the variance of a Gaussian from
/// (ratio·σ)² nearest to σ² [song2020, technique 4]:  v ← (1 − e)² v + 2e.
double annealing_step(double ratio, int steps);

namespace detail {
/// Returns ‖x‖² of each sample of x [B, ...], in double.
std::vector<double> square_norms(const Tensor& x);
/// Returns one number a sample, in a shape that broadcasts over x.
Tensor by_sample(std::span<const double> values, const Tensor& x);
}  // namespace detail

}  // namespace fokker
