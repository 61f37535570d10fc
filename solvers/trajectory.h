#pragma once

#include <functional>
#include <span>

#include "fokker/solvers/sampler.h"
#include "fokker/solvers/solver.h"

namespace fokker::detail {

/// Samples first … first + shape[0] − 1, from prior to data, on one thread.
struct Shard {
  const ForwardSde& sde;
  const SampleConfig& config;
  std::span<const double> grid;
  Score score;
  Shape shape;
  Dtype dtype;
  std::int64_t first;
  std::function<void(std::int64_t step)> tick;                       // after each step
  std::function<void(std::int64_t point, const Tensor& x)> observe;  // at each grid point; may be empty
};

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

/// The reverse SDE with error control.
Tensor run_gotta_go_fast(const Shard& shard, Tensor x);

/// The run of a solver's name; throws ConfigError for an unknown one.
Run sampler_run(const std::string& name);

}  // namespace fokker::detail
