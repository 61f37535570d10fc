#pragma once

#include <functional>
#include <span>

#include "fokker/solvers/noise/brownian_path.h"
#include "fokker/solvers/sampling/sampler.h"
#include "fokker/solvers/steppers/solver.h"

namespace fokker::detail {

/// Samples first … first + shape[0] − 1, from prior to data, on one thread.
struct Shard {
  const ForwardSde& sde;
  const SampleConfig& config;  // nothing left open
  std::span<const double> grid;
  Score score;
  Shape shape;
  Dtype dtype;
  std::int64_t first;
  std::function<void(std::int64_t step)> tick;                       // after each step
  std::function<void(std::int64_t point, const Tensor& x)> observe;  // at each grid point; may be empty
  std::shared_ptr<const BrownianMotion> noise = {};                  // instead of the seed's
};

/// The Brownian motion of a shard over readings of a clock: numbers by step, or one path for any number of steps where the
/// configuration says so.
std::shared_ptr<const BrownianMotion> brownian(const Shard& shard, double begin, double end, BrownianPath::Split split);

/// Spans of the SNR cover decades; the other clocks' do not.
BrownianPath::Split split_of(Clock clock);
/// Readings of the points after the first, where states are observed: the frames of a solver that steps by itself.
std::vector<double> observed_readings(const Shard& shard, Clock clock);
/// Ticks the shard's steps by the fraction of the way that such a solver has gone.
std::function<void(double fraction)> ticks_of(const Shard& shard);

/// How a sampler brings a shard from the first grid point to the last.
using Run = Tensor (*)(const Shard& shard, Tensor x);

/// The reverse SDE by the stepper that the configuration names, in its clock.
Tensor run_steps(const Shard& shard, Tensor x);
/// Heun's method on the probability-flow ODE.
Tensor run_heun(const Shard& shard, Tensor x);
/// Each step followed by Langevin steps at the new level.
Tensor run_predictor_corrector(const Shard& shard, Tensor x);
/// The corrector's Langevin steps at a grid point.
Tensor correct(const Shard& shard, std::int64_t point, const Tensor& x);
/// Langevin steps at each level alone.
Tensor run_annealed_langevin(const Shard& shard, Tensor x);
/// The probability-flow ODE with error control.
Tensor run_probability_flow(const Shard& shard, Tensor x);
/// The conditional law of the level below, given the denoised data: DDIM [song2021ddim], at η = 1 with the posterior's
/// variance or the forward step's DDPM [ho2020].
Tensor run_ddim(const Shard& shard, Tensor x);
Tensor run_ancestral_large(const Shard& shard, Tensor x);
/// Heun's method in σ, with noise added before each step, or over an interval again.
Tensor run_edm_heun(const Shard& shard, Tensor x);
Tensor run_restart(const Shard& shard, Tensor x);
/// Ancestral steps, some taken again from their noise on.
Tensor run_repaint(const Shard& shard, Tensor x);
/// `order` 1, 2 or 3.
Tensor run_er_sde(const Shard& shard, Tensor x, int order);

/// The reverse SDE with error control.
Tensor run_gotta_go_fast(const Shard& shard, Tensor x);

/// The run of a solver's name; throws ConfigError for an unknown one.
Run sampler_run(const std::string& name);

}  // namespace fokker::detail
