#pragma once

#include <optional>
#include <string>
#include <vector>

#include "fokker/core/config/config_fields.h"
#include "fokker/sde/clock.h"
#include "fokker/solvers/sampling/grid.h"
#include "fokker/solvers/sampling/solver_facts.h"

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

/// Noise that edm_heun adds before its steps [karras2022]: from level s = σ/α up to s (1 + γ), γ = min(amount/steps, √2 − 1),
/// for s in [low, high]; the prior's level bounds it.
struct ChurnConfig {
  double amount = 0, low = 0, high = 1e6, noise = 1;

  static constexpr auto fields =
      std::tuple{field("amount", &ChurnConfig::amount, "S_churn; 0: the probability flow", at_least(0)),
                 field("low", &ChurnConfig::low, "S_min, the least noise σ/α at which noise is added", at_least(0)),
                 field("high", &ChurnConfig::high, "S_max", above(0)),
                 field("noise", &ChurnConfig::noise, "S_noise, a factor of the noise added", above(0))};
  friend bool operator==(const ChurnConfig&, const ChurnConfig&) = default;
};

/// The interval of noise σ/α that restart goes through again: `repeats` times up by fresh noise and down by `steps` steps
/// [xu2023].
struct RestartConfig {
  double low = 0.06, high = 0.3;
  std::int64_t repeats = 1, steps = 4;

  void validate() const;

  static constexpr auto fields = std::tuple{
      field("low", &RestartConfig::low, "noise σ/α at the end of the interval", above(0)),
      field("high", &RestartConfig::high, "noise σ/α at its beginning", above(0)),
      field("repeats", &RestartConfig::repeats, "times that the interval is gone through again", at_least(1)),
      field("steps", &RestartConfig::steps, "steps through it each time", at_least(1))};
  friend bool operator==(const RestartConfig&, const RestartConfig&) = default;
};

/// Steps that repaint takes again: after each `jump` steps it adds their noise back and takes them anew, until they have been
/// taken `repeats` times [lugmayr2022].
struct ResampleConfig {
  std::int64_t jump = 10, repeats = 5;

  static constexpr auto fields =
      std::tuple{field("jump", &ResampleConfig::jump, "steps from jump to jump", at_least(1)),
                 field("repeats", &ResampleConfig::repeats, "times that they are taken", at_least(1))};
  friend bool operator==(const ResampleConfig&, const ResampleConfig&) = default;
};

/// How samples are drawn, by a solver of `solver_summaries`: a stepper of the reverse SDE in one of the clocks, a solver
/// made for diffusions, or one with rules of its own.  Grid, clock and denoise left open are those of the solver's defaults.
struct SampleConfig {
  std::string name = {};
  std::string solver = "euler_maruyama";
  std::int64_t steps = 100;
  std::int64_t n = 64;
  std::uint64_t seed = 0;
  std::optional<std::string> grid = {};
  std::vector<double> times = {};
  std::optional<std::string> clock = {};
  std::string precision = "f32";
  std::optional<double> eta = {};
  CorrectorConfig corrector = {};
  ChurnConfig churn = {};
  RestartConfig restart = {};
  ResampleConfig resample = {};
  std::optional<bool> denoise = {};
  double tolerance = 0;
  double t_min = 0;
  bool same_path = false;

  /// What the set of samples is called: its name, or else the solver's.
  const std::string& title() const { return name.empty() ? solver : name; }
  /// `steps`, or what follows from `times`.
  std::int64_t step_count() const { return times.empty() ? steps : static_cast<std::int64_t>(times.size()) - 1; }
  /// Whether the samples end with the denoiser's mean.
  bool denoises() const { return denoise.value_or(defaults_of(solver).denoise); }
  /// Fills in what is left open: grid, clock and denoise.
  void use_defaults();
  /// Throws ConfigError for settings that the solver would ignore.
  void validate() const;

  static constexpr auto fields = std::tuple{
      field("name", &SampleConfig::name, "of the set of samples; empty: the solver's"),
      field("solver", &SampleConfig::solver, "the method", one_of(&solver_names)),
      field("steps", &SampleConfig::steps, "steps of the grid; probability_flow and gotta_go_fast choose their own",
            at_least(1)),
      field("n", &SampleConfig::n, "samples", at_least(1)),
      field("seed", &SampleConfig::seed, "of prior and noise"),
      field("grid", &SampleConfig::grid, "spacing of the time points; the solver's own", one_of(&grid_names)),
      field("times", &SampleConfig::times, "the time points themselves, falling; empty: made by grid, steps and t_min"),
      field("clock", &SampleConfig::clock, "the variable that steps are taken in; the solver's own",
            one_of(&clock_names)),
      field("eta", &SampleConfig::eta,
            "noise of the reverse SDE: 1 Anderson's, 0 the probability flow; the solver's own", at_least(0)),
      field("corrector", &SampleConfig::corrector, "Langevin steps"),
      field("churn", &SampleConfig::churn, "of edm_heun: noise added on the way"),
      field("restart", &SampleConfig::restart, "of restart: the interval that is repeated"),
      field("resample", &SampleConfig::resample, "of repaint: the steps that are taken again"),
      field("denoise", &SampleConfig::denoise, "end with the denoiser's mean, one more evaluation; the solver's own"),
      field("tolerance", &SampleConfig::tolerance,
            "absolute and relative; 0: the solver's own, probability_flow's 1e-5, gotta_go_fast's 0.05", at_least(0)),
      field("t_min", &SampleConfig::t_min, "time at which sampling ends; 0: the SDE's own", at_least(0)),
      field("same_path", &SampleConfig::same_path,
            "one Brownian path for any number of steps, instead of numbers by step: for comparisons, slower"),
      field("precision", &SampleConfig::precision,
            "of convolutions and matrix products in the score; bf16: operands rounded, sums in f32",
            one_of("f32", "bf16"))};
};

/// "denoise" or "t_min": where a sampler ends.
const char* end_of(const SampleConfig& config);

/// The η of the reverse SDE that a configuration solves: what it says, or else its solver's own.  Throws ConfigError where
/// the solver has no choice and the configuration says another.
double reverse_eta(const SampleConfig& config);

}  // namespace fokker
