#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "fokker/core/config/config_fields.h"
#include "fokker/sde/mixture.h"
#include "fokker/solvers/noise/noise.h"

namespace fokker {

/// A law to draw from: ∇ log p as `score` gives it at time `t`, and log p(x) [B], up to a constant, where a Metropolis test
/// needs it.
struct Target {
  Score score;
  double t = 0;
  std::function<Tensor(const Tensor& x)> log_density = {};
};
Target target(const GaussianMixture& mixture);

/// Chains [B, ...] between two steps.
struct ChainState {
  Tensor x;
  Tensor v = {};            // velocities, of underdamped methods
  Tensor score = {};        // at x, where the method carries it from step to step
  Tensor log_density = {};  // at x, [B], of methods with a Metropolis test
};

/// Length of a step and friction γ; overdamped methods read the length alone.
struct LangevinStep {
  double h;
  double friction = 1;
};

/// One step of all chains along the path `b`.
using ChainMove = void (*)(const Target& target, const BrownianIncrement& b, LangevinStep step, ChainState& state);

struct LangevinMethod {
  const char* name;
  const char* text;
  ChainMove move = nullptr;  // none: MALA, whose chains have steps of their own
  bool underdamped = false;  // has velocities and friction
  int areas = 0;             // Lévy areas it reads: 1: H, 2: H and K
  bool carries = false;      // the score from the end of a step to the next
  int evaluations = 1;       // of the score, a step
  int strong_order = 0;      // on a smooth potential, along a given path; 0: follows no path
};
const std::vector<LangevinMethod>& langevin_methods();
std::vector<std::string> langevin_names();
/// Throws ConfigError for an unknown name, with the nearest.
const LangevinMethod& langevin_method(const std::string& name);

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
      field("method", &ChainConfig::method, "of Langevin dynamics", one_of(&langevin_names)),
      field("step", &ChainConfig::step, "overdamped: in units of x^2; underdamped: of time; mala adapts it", above(0)),
      field("friction", &ChainConfig::friction, "gamma of underdamped methods; 1", above(0)),
      field("chains", &ChainConfig::chains, "independent chains", at_least(1)),
      field("steps", &ChainConfig::steps, "of each chain after the burn-in", at_least(1)),
      field("burn_in", &ChainConfig::burn_in, "steps before the first draw", at_least(0)),
      field("thin", &ChainConfig::thin, "steps from draw to draw", at_least(1)),
      field("seed", &ChainConfig::seed, "of starts and noise"),
      field("target_acceptance", &ChainConfig::target_acceptance, "that mala adapts its step to; 0.574", above(0),
            below(1)),
      field("adapt", &ChainConfig::adapt, "whether mala adapts its step in the burn-in; true")};
  /// Throws ConfigError for settings that the method would ignore.
  void validate() const;
};

struct ChainOptions {
  Shape shape = {2};  // of one state
  Dtype dtype = Dtype::f64;
  Tensor start = {};       // [chains, ...]; undefined: standard normal
  std::int64_t shard = 0;  // chains that one worker carries at a time; 0: chosen by their number.  Changes no bit.
  /// Chain-steps done and in all; false cancels.
  std::function<bool(std::int64_t done, std::int64_t total)> progress = {};
};

struct Chains {
  Tensor draws;                    // [draws, chains, ...]
  std::vector<double> acceptance;  // share of accepted proposals after the burn-in, by chain; 1 without a test
  std::vector<double> steps;       // step length after the burn-in, by chain
  double evaluations = 0;          // of the score, a chain, counted
  double seconds = 0;
};

/// Markov chains of Langevin dynamics with stationary law `target`; underdamped ones
///   dx = v du,  dv = (∇ log p(x) − γ v) du + √(2γ) dB,  with v ~ N(0, I).
/// Chain i is the same, to the bit, for any number of chains, shard or threads.  The step of MALA adapts to the target
/// acceptance in the burn-in by dual averaging [hoffman2014], each chain for itself, and is then frozen.
/// Throws ConfigError for settings that do not fit together, NumericalError, naming chain and step, where a chain is not
/// finite.
Chains run_chains(const Target& target, const ChainConfig& config = {}, const ChainOptions& options = {});

}  // namespace fokker
