#pragma once

#include <optional>
#include <string>
#include <vector>

#include "fokker/solvers/sampling/sample_config.h"
#include "fokker/solvers/steppers/solver.h"

namespace fokker {

/// What a solver made for diffusions promises: its order on the probability flow (multistep methods, which start by lower
/// orders, keep it where the denoiser hardly changes at the prior's level), and its strong and weak order on the reverse
/// SDE; 0 where it solves none.
struct SamplerClaims {
  int flow = 0;
  double strong = 0, weak = 0;
  int evaluations = 1;  // evaluations of the score for each step
};

/// A line for lists and documentation.
struct SolverSummary {
  std::string name, text;
  SolverDefaults defaults;
  std::optional<SolverClaims> claims;    // claims of steppers
  std::optional<SamplerClaims> sampler;  // claims of solvers made for diffusions
};
std::vector<SolverSummary> solver_summaries();

/// Throws ConfigError, naming the steppers, where `name` is no stepper of a general SDE.
void require_stepper(const std::string& name);

}  // namespace fokker
