#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "fokker/core/config/config_fields.h"
#include "fokker/sde/mixture.h"
#include "fokker/solvers/noise/noise.h"

namespace fokker {

/// A law to draw from.  The score ∇ log p is `score` at time `t`.  Methods with a Metropolis test also need log p(x),
/// [B], up to a constant.
struct Target {
  Score score;
  double t = 0;
  std::function<Tensor(const Tensor& x)> log_density = {};
};
/// Returns the law of a mixture, with score and log density.
Target target(const GaussianMixture& mixture);

/// The state of chains [B, ...] between two steps.
struct ChainState {
  Tensor x;
  Tensor v = {};            // velocities of underdamped methods
  Tensor score = {};        // score at x, where the method carries it from step to step
  Tensor log_density = {};  // log density at x, [B], for methods with a Metropolis test
};

/// The length of a step and the friction γ; overdamped methods read the length alone.
struct LangevinStep {
  double h;
  double friction = 1;
};

/// A function that makes one step of all chains along the increment `b`.
using ChainMove = void (*)(const Target& target, const BrownianIncrement& b, LangevinStep step, ChainState& state);

/// A method of Langevin dynamics: one row of the table of methods.
struct LangevinMethod {
  const char* name;
  const char* text;
  ChainMove move = nullptr;  // the step; null for mala, whose chains have steps of their own
  bool underdamped = false;  // whether it has velocities and friction
  int areas = 0;             // Lévy areas that it reads; 1: H, 2: H and K
  bool carries = false;      // whether it carries the score from the end of a step to the next
  int evaluations = 1;       // evaluations of the score in a step
  int strong_order = 0;      // strong order on a smooth potential along a given path; 0: it follows no path
};
const std::vector<LangevinMethod>& langevin_methods();
std::vector<std::string> langevin_names();
/// Throws ConfigError for an unknown name, with the nearest.
const LangevinMethod& langevin_method(const std::string& name);

/// How chains of Langevin dynamics are run.  Times and step lengths are in pseudo-time; states are in the units of x.
struct ChainConfig {
  std::string method = "mala";
  double step = 0.1;
  std::optional<double> friction = {};
  std::int64_t chains = 4;
  std::int64_t steps = 1000;
  std::int64_t burn_in = 500;
  std::int64_t thin = 1;
  std::uint64_t seed = 0;
  std::optional<double> target_acceptance = {};
  std::optional<bool> adapt = {};

  static constexpr auto fields = std::tuple{
      field("method", &ChainConfig::method, "method of Langevin dynamics", one_of(&langevin_names)),
      field("step", &ChainConfig::step,
            "length of a step, in units of x^2 for overdamped methods, of time for underdamped ones; mala adapts it",
            above(0)),
      field("friction", &ChainConfig::friction, "friction gamma of underdamped methods; none: 1", above(0)),
      field("chains", &ChainConfig::chains, "number of independent chains", at_least(1)),
      field("steps", &ChainConfig::steps, "number of steps of each chain after the burn-in", at_least(1)),
      field("burn_in", &ChainConfig::burn_in, "number of steps before the first draw", at_least(0)),
      field("thin", &ChainConfig::thin, "number of steps from draw to draw", at_least(1)),
      field("seed", &ChainConfig::seed, "seed of starts and noise"),
      field("target_acceptance", &ChainConfig::target_acceptance,
            "mean acceptance that mala adapts its step to; none: 0.574", above(0), below(1)),
      field("adapt", &ChainConfig::adapt, "whether mala adapts its step in the burn-in; none: true")};
  /// Throws ConfigError for settings that the method would ignore.
  void validate() const;
};

/// What a run of chains takes beside its configuration.
struct ChainOptions {
  Shape shape = {2};  // shape of one state
  Dtype dtype = Dtype::f64;
  Tensor start = {};       // start states [chains, ...]; undefined: standard normal draws
  std::int64_t shard = 0;  // chains that one worker carries at a time; 0: chosen by their number; changes no bit
  /// Called with the chain-steps done and in all; false cancels.
  std::function<bool(std::int64_t done, std::int64_t total)> progress = {};
};

/// The draws of `run_chains` and what it measured.
struct Chains {
  Tensor draws;                    // [draws, chains, ...]
  std::vector<double> acceptance;  // share of accepted proposals of each chain after the burn-in; 1 without a test
  std::vector<double> steps;       // step length of each chain after the burn-in
  double evaluations = 0;          // evaluations of the score in one chain, counted
  double seconds = 0;
};

/// Runs Markov chains of Langevin dynamics with the stationary law `target`.  Underdamped chains solve
///   dx = v du,  dv = (∇ log p(x) − γ v) du + √(2γ) dB,  with v ~ N(0, I).
/// Chain i is the same, to the bit, for any number of chains, shard or threads.  In the burn-in, each chain of mala
/// adapts its step to the target acceptance by dual averaging [hoffman2014]; the step is then frozen.
/// Throws ConfigError for settings that do not fit together, and NumericalError, which names chain and step, where a
/// chain is not finite.
Chains run_chains(const Target& target, const ChainConfig& config = {}, const ChainOptions& options = {});

}  // namespace fokker
