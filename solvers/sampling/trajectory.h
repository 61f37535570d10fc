#pragma once

#include <functional>
#include <span>

#include "fokker/solvers/noise/brownian_path.h"
#include "fokker/solvers/sampling/sampler.h"
#include "fokker/solvers/steppers/solver.h"

namespace fokker::detail {

/// Samples first … first + shape[0] − 1 on their way from prior to data, on one thread.
struct Shard {
  const ForwardSde& sde;
  const SampleConfig& config;  // a complete one: nothing is left open
  std::span<const double> grid;
  Score score;
  Shape shape;
  Dtype dtype;
  std::int64_t first;
  std::function<void(std::int64_t step)> tick;                       // called after each step
  std::function<void(std::int64_t point, const Tensor& x)> observe;  // called at each grid point; may be empty
  std::shared_ptr<const BrownianMotion> noise = {};                  // noise in place of the seed's
};

/// Returns the Brownian motion of a shard over readings of a clock.  The increments are numbered by step, or come from
/// one path for any number of steps where the configuration says so.
std::shared_ptr<const BrownianMotion> brownian(const Shard& shard, double begin, double end, BrownianPath::Split split);

/// Returns the split of paths in a clock: geometric for the SNR, whose spans cover decades.
BrownianPath::Split split_of(Clock clock);
/// Returns the readings of the points after the first, where states are observed.  They are
/// the frames of a solver that steps by itself.
std::vector<double> observed_readings(const Shard& shard, Clock clock);
/// Returns a callback that ticks the shard's steps by the share of the way that such a solver has gone.
std::function<void(double fraction)> ticks_of(const Shard& shard);

/// A function that brings a shard from the first grid point to the last.
using Run = Tensor (*)(const Shard& shard, Tensor x);

/// Solves the reverse SDE by the stepper that the configuration names, in the configured clock.
Tensor run_steps(const Shard& shard, Tensor x);
/// Solves the probability-flow ODE by Heun's method.
Tensor run_heun(const Shard& shard, Tensor x);
/// Follows each step by Langevin steps at the new level.
Tensor run_predictor_corrector(const Shard& shard, Tensor x);
/// Makes the corrector's Langevin steps at a grid point.
Tensor correct(const Shard& shard, std::int64_t point, const Tensor& x);
/// Makes Langevin steps alone, at each level.
Tensor run_annealed_langevin(const Shard& shard, Tensor x);
/// Solves the probability-flow ODE with error control.
Tensor run_probability_flow(const Shard& shard, Tensor x);
/// Draw from the conditional law of the level below, given the denoised data: DDIM [song2021ddim].  For η = 1 the
/// variance is the posterior's, or for `run_ancestral_large` the forward step's [ho2020].
Tensor run_ddim(const Shard& shard, Tensor x);
Tensor run_ancestral_large(const Shard& shard, Tensor x);
/// Run Heun's method in σ: `run_edm_heun` adds noise before each step, `run_restart` goes through an interval again.
Tensor run_edm_heun(const Shard& shard, Tensor x);
Tensor run_restart(const Shard& shard, Tensor x);
/// Makes ancestral steps and takes some of them again, from their noise on.
Tensor run_repaint(const Shard& shard, Tensor x);
/// Runs the ER-SDE-Solver of order 1, 2 or 3.
Tensor run_er_sde(const Shard& shard, Tensor x, int order);

/// Solves the reverse SDE with error control.
Tensor run_gotta_go_fast(const Shard& shard, Tensor x);

/// Returns the run of a solver by name.  Throws ConfigError for an unknown one, and for a solver that draws no samples.
Run sampler_run(const std::string& name);

}  // namespace fokker::detail
