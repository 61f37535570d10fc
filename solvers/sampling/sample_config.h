#pragma once

#include <optional>
#include <string>
#include <vector>

#include "fokker/core/config/config_fields.h"
#include "fokker/sde/clock.h"
#include "fokker/solvers/sampling/grid.h"
#include "fokker/solvers/sampling/solver_facts.h"

namespace fokker {

/// The Langevin steps at each noise level, for predictor–corrector and annealed Langevin.  `rule` gives the step ε:
///   predictor_corrector:  "sigma", ε = 2 (r σ)², the default; "norm", see `norm_langevin`;
///   annealed_langevin:    "variance", see `annealing_step`, the default; "level" [song2019], ε ∝ σ², where ε is
///                         epsilon/2 at the last level.
struct CorrectorConfig {
  int steps = 1;
  std::optional<double> snr = {};
  std::optional<std::string> rule = {};
  std::optional<double> epsilon = {};

  /// Throws ConfigError for settings that the solver would ignore.
  void check(const std::string& solver) const;

  static constexpr auto fields = std::tuple{
      field("steps", &CorrectorConfig::steps, "number of Langevin steps at each level", at_least(1)),
      field("snr", &CorrectorConfig::snr, "ratio r of the steps of predictor_corrector; none: 0.16", above(0),
            below(1)),
      field("rule", &CorrectorConfig::rule,
            "rule of the step: sigma or norm for predictor_corrector, variance or level for annealed_langevin",
            one_of("sigma", "norm", "variance", "level")),
      field("epsilon", &CorrectorConfig::epsilon, "epsilon of the rule level: twice the step at the last level",
            above(0))};
};

/// The noise that edm_heun adds before its steps [karras2022].  It lifts the level s = σ/α to s (1 + γ), with
/// γ = min(amount/steps, √2 − 1), for s in [low, high]; the prior's level bounds it.
struct ChurnConfig {
  double amount = 0, low = 0, high = 1e6, noise = 1;

  static constexpr auto fields = std::tuple{
      field("amount", &ChurnConfig::amount, "amount of noise added, S_churn; 0: the probability flow", at_least(0)),
      field("low", &ChurnConfig::low, "least noise σ/α at which noise is added, S_min", at_least(0)),
      field("high", &ChurnConfig::high, "largest noise σ/α at which noise is added, S_max", above(0)),
      field("noise", &ChurnConfig::noise, "factor of the noise added, S_noise", above(0))};
  friend bool operator==(const ChurnConfig&, const ChurnConfig&) = default;
};

/// The interval of noise σ/α that restart goes through again [xu2023].  Each of `repeats` times, fresh noise leads up
/// and `steps` steps lead down.
struct RestartConfig {
  double low = 0.06, high = 0.3;
  std::int64_t repeats = 1, steps = 4;

  void validate() const;

  static constexpr auto fields = std::tuple{
      field("low", &RestartConfig::low, "noise σ/α at the end of the interval that restart repeats", above(0)),
      field("high", &RestartConfig::high, "noise σ/α at the beginning of the interval that restart repeats", above(0)),
      field("repeats", &RestartConfig::repeats, "number of times that restart goes through the interval again",
            at_least(1)),
      field("steps", &RestartConfig::steps, "number of steps that restart takes through the interval each time",
            at_least(1))};
  friend bool operator==(const RestartConfig&, const RestartConfig&) = default;
};

/// The steps that repaint takes again [lugmayr2022].  After each `jump` steps it adds their noise back and takes them
/// anew, until they have been taken `repeats` times.
struct ResampleConfig {
  std::int64_t jump = 10, repeats = 5;

  static constexpr auto fields = std::tuple{
      field("jump", &ResampleConfig::jump, "number of steps from jump to jump of repaint", at_least(1)),
      field("repeats", &ResampleConfig::repeats, "times that repaint takes the steps of a jump", at_least(1))};
  friend bool operator==(const ResampleConfig&, const ResampleConfig&) = default;
};

/// How samples are drawn, by a solver of `solver_summaries`.  A solver is a stepper of the reverse
/// SDE in one of the clocks, one made for diffusions, or one with rules of its own.  Grid, clock
/// and denoise default to those of the solver.
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

  /// Returns what the set of samples is called: its name, or else the solver's.
  const std::string& title() const { return name.empty() ? solver : name; }
  /// Returns `steps`, or the number of steps that `times` makes.
  std::int64_t step_count() const { return times.empty() ? steps : static_cast<std::int64_t>(times.size()) - 1; }
  /// Whether the samples end with the denoiser's mean.
  bool denoises() const { return denoise.value_or(defaults_of(solver).denoise); }
  /// Fills in grid, clock and denoise where they are left open.
  void use_defaults();
  /// Throws ConfigError for settings that the solver would ignore.
  void validate() const;

  static constexpr auto fields = std::tuple{
      field("name", &SampleConfig::name, "name of the set of samples; empty: the solver's"),
      field("solver", &SampleConfig::solver, "solver that draws the samples", one_of(&solver_names)),
      field("steps", &SampleConfig::steps,
            "number of steps of the grid; probability_flow and gotta_go_fast choose their own", at_least(1)),
      field("n", &SampleConfig::n, "number of samples", at_least(1)),
      field("seed", &SampleConfig::seed, "seed of prior and noise"),
      field("grid", &SampleConfig::grid, "spacing of the time points; none: the solver's own", one_of(&grid_names)),
      field("times", &SampleConfig::times, "time points themselves, falling; empty: made by grid, steps and t_min"),
      field("clock", &SampleConfig::clock, "variable in which the steps are taken; none: the solver's own",
            one_of(&clock_names)),
      field("eta", &SampleConfig::eta,
            "noise of the reverse SDE: 1 Anderson's, 0 the probability flow; none: the solver's own", at_least(0)),
      field("corrector", &SampleConfig::corrector, "Langevin steps of predictor_corrector and annealed_langevin"),
      field("churn", &SampleConfig::churn, "noise that edm_heun adds on the way"),
      field("restart", &SampleConfig::restart, "interval that restart repeats"),
      field("resample", &SampleConfig::resample, "steps that repaint takes again"),
      field("denoise", &SampleConfig::denoise,
            "whether to end with the denoiser's mean, one more evaluation; none: the solver's own"),
      field("tolerance", &SampleConfig::tolerance,
            "absolute and relative tolerance; 0: 1e-5 for probability_flow, 0.05 for gotta_go_fast", at_least(0)),
      field("t_min", &SampleConfig::t_min, "time at which sampling ends; 0: the SDE's own", at_least(0)),
      field("same_path", &SampleConfig::same_path,
            "whether one Brownian path serves any number of steps, for comparisons; slower"),
      field("precision", &SampleConfig::precision,
            "precision of convolutions and matrix products in the score; bf16 rounds the operands and sums in f32",
            one_of("f32", "bf16"))};
};

/// Returns "denoise" or "t_min": where a sampler ends.
const char* end_of(const SampleConfig& config);

/// Returns the η of the reverse SDE that a configuration solves: the configured one, or else the solver's own.  Throws
/// ConfigError where the solver has no choice and another is configured.
double reverse_eta(const SampleConfig& config);

}  // namespace fokker
