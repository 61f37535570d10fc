#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fokker/solvers/steppers/solver.h"

namespace fokker {

/// What SampleConfig::solver may say.
std::vector<std::string> solver_names();
/// Those among them that are steppers of any SDE: `make_solver` takes them.
std::vector<std::string> stepper_names();
/// Throws ConfigError for an unknown name, with the nearest.
std::unique_ptr<Solver> make_solver(const std::string& name);

/// What a solver made for diffusions promises: its order on the probability flow (multistep methods, which start by lower
/// orders, keep it where the denoiser hardly changes at the prior's level), and its strong and weak order on the reverse
/// SDE; 0 where it solves none.
struct SamplerClaims {
  int flow = 0;
  double strong = 0, weak = 0;
  int evaluations = 1;  // of the score, a step
};

/// The η of the reverse SDE that a solver takes by itself, and whether another may be asked for.
struct EtaRule {
  double standard = 1;
  bool free = true;
};
/// Throws ConfigError for an unknown name.
EtaRule eta_of(const std::string& solver);

/// What a solver takes where a configuration leaves it open, as its paper or that paper's code does (docs/solvers.md): the
/// spacing of its grid, its clock, and whether it ends with the denoiser's mean or stays at t_min.
struct SolverDefaults {
  const char* grid = "uniform";
  const char* clock = "t";
  bool denoise = true;
};
/// Throws ConfigError for an unknown name.
SolverDefaults defaults_of(const std::string& solver);

/// A line for lists and documentation.
struct SolverSummary {
  std::string name, text;
  SolverDefaults defaults;
  std::optional<SolverClaims> claims;    // of steppers
  std::optional<SamplerClaims> sampler;  // of solvers made for diffusions
};
std::vector<SolverSummary> solver_summaries();

}  // namespace fokker
