#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "fokker/core/config_fields.h"
#include "fokker/sde/clock.h"
#include "fokker/solvers/grid.h"
#include "fokker/solvers/registry.h"

namespace fokker {

/// Langevin steps at each noise level, of predictor–corrector and annealed Langevin.  Rules of the step ε: of
/// predictor_corrector "sigma", 2 (r σ)², the default, and "norm" (`norm_langevin`); of annealed_langevin "variance"
/// (`annealing_step`), the default, and "level", in proportion to σ² from `epsilon` at the last level [song2019].
struct CorrectorConfig {
  int steps = 1;
  std::optional<double> snr = {};
  std::optional<std::string> rule = {};
  std::optional<double> epsilon = {};

  /// Throws ConfigError for settings that the solver would ignore.
  void check(const std::string& solver) const;

  static constexpr auto fields = std::tuple{
      field("steps", &CorrectorConfig::steps, "Langevin steps at each level", at_least(1)),
      field("snr", &CorrectorConfig::snr, "r of predictor_corrector's steps; 0.16", above(0), below(1)),
      field("rule", &CorrectorConfig::rule,
            "of the step: sigma or norm of predictor_corrector, variance or level of annealed_langevin",
            one_of("sigma", "norm", "variance", "level")),
      field("epsilon", &CorrectorConfig::epsilon, "of the rule level: twice the step at the last level", above(0))};
};

/// How samples are drawn.  Solvers: the steppers (`stepper_names`) solve the reverse SDE of `eta`; "heun" and
/// "probability_flow" the probability-flow ODE by fixed and by controlled steps; "predictor_corrector" and
/// "annealed_langevin" use Langevin dynamics [song2021, song2019].
struct SampleConfig {
  std::string name = {};
  std::string solver = "euler_maruyama";
  std::int64_t steps = 100;
  std::int64_t n = 64;
  std::uint64_t seed = 0;
  std::string grid = "uniform";
  std::string clock = "t";
  double eta = 1;
  CorrectorConfig corrector = {};
  bool denoise = true;
  double tolerance = 1e-5;
  double t_min = 0;

  /// What the set of samples is called: its name, or else the solver's.
  const std::string& title() const { return name.empty() ? solver : name; }
  void validate() const { corrector.check(solver); }

  static constexpr auto fields = std::tuple{
      field("name", &SampleConfig::name, "of the set of samples; empty: the solver's"),
      field("solver", &SampleConfig::solver, "the method", one_of(&solver_names)),
      field("steps", &SampleConfig::steps, "steps of the grid; probability_flow chooses its own", at_least(1)),
      field("n", &SampleConfig::n, "samples", at_least(1)),
      field("seed", &SampleConfig::seed, "of prior and noise"),
      field("grid", &SampleConfig::grid, "spacing of the time points", one_of(&grid_names)),
      field("clock", &SampleConfig::clock, "the variable that steps are taken in", one_of(&clock_names)),
      field("eta", &SampleConfig::eta, "noise of the reverse SDE: 1 Anderson's, 0 the probability flow", at_least(0)),
      field("corrector", &SampleConfig::corrector, "Langevin steps"),
      field("denoise", &SampleConfig::denoise, "end with the denoiser's mean, one more evaluation"),
      field("tolerance", &SampleConfig::tolerance, "absolute and relative, of probability_flow", above(0)),
      field("t_min", &SampleConfig::t_min, "time at which sampling ends; 0: the SDE's own", at_least(0))};
};

struct SampleOptions {
  Shape shape = {2};  // of one sample
  Dtype dtype = Dtype::f32;
  std::int64_t shard = 0;       // samples that one worker carries at a time; 0: chosen by the shape.  Changes no bit.
  int trajectory = 0;           // states to keep, evenly spaced over the grid points, first and last among them
  bool allow_failures = false;  // count non-finite samples instead of throwing
  /// Sample-steps done and in all, at most 50 times a second, by one worker at a time; false cancels.
  std::function<bool(std::int64_t done, std::int64_t total)> progress = {};
};

struct Samples {
  Tensor values;   // [n, ...]
  double nfe = 0;  // evaluations of the score per sample, counted; a mean where samples differ
  double seconds = 0;
  Tensor trajectory;          // [frames, n, ...], before the final denoising
  std::vector<double> times;  // of the frames
  std::int64_t failures = 0;  // samples that are not finite
};

/// Thrown by `sample` where the progress callback returns false.
class Cancelled : public Error {
  using Error::Error;
};

/// Draws from the prior at t_max and carries the draws to t_min, in shards on all workers; sample i is the same, to the
/// bit, for any n, shard or number of threads.  `score` is called by several threads at once, off the tape, unless it
/// takes its batches whole.
/// Throws ConfigError for settings that do not fit together, NumericalError, naming sample and step, where a sample is
/// not finite.
Samples sample(const Score& score, const ForwardSde& sde, const SampleConfig& config = {},
               const SampleOptions& options = {});

}  // namespace fokker
