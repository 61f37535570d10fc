#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fokker/solvers/solver.h"

namespace fokker {

/// Returns the names that SampleConfig::solver takes.
std::vector<std::string> solver_names();
/// Returns the names of the steppers of any SDE, which `make_solver` takes.
std::vector<std::string> stepper_names();
/// Makes a stepper.  Throws ConfigError for an unknown name, with the nearest, and for a solver that is no stepper.
std::unique_ptr<Solver> make_solver(const std::string& name);

/// The orders that a solver made for diffusions promises: on the probability flow, and strong and weak on the reverse
/// SDE.  An order is 0 where the solver does not solve that equation.  Multistep methods start by lower orders; they
/// keep the order where the denoiser hardly changes at the prior's level.
struct SamplerClaims {
  int flow = 0;
  double strong = 0, weak = 0;
  int evaluations = 1;  // evaluations of the score in a step
};

/// The η of the reverse SDE that a solver takes by itself, and whether another may be asked for.
struct EtaRule {
  double standard = 1;
  bool free = true;
};
/// Throws ConfigError for an unknown name.
EtaRule eta_of(const std::string& solver);

/// What a solver takes where a configuration leaves it open, as its paper or that paper's code does
/// (docs/solvers.md).  The members are the spacing of the grid, the clock, and whether the samples end
/// with the denoiser's mean or stay at t_min.
struct SolverDefaults {
  const char* grid = "uniform";
  const char* clock = "t";
  bool denoise = true;
};
/// Throws ConfigError for an unknown name.
SolverDefaults defaults_of(const std::string& solver);

/// A row of lists and documentation.
struct SolverSummary {
  std::string name, text;
  SolverDefaults defaults;
  std::optional<SolverClaims> claims;    // the claims of a stepper
  std::optional<SamplerClaims> sampler;  // the claims of a solver made for diffusions
};
std::vector<SolverSummary> solver_summaries();

}  // namespace fokker
