#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fokker/solvers/solver.h"

namespace fokker {

/// What SampleConfig::solver may say.
std::vector<std::string> solver_names();
/// Those among them that are steppers of any SDE: `make_solver` takes them.
std::vector<std::string> stepper_names();
/// Throws ConfigError for an unknown name, with the nearest.
std::unique_ptr<Solver> make_solver(const std::string& name);

/// A line for lists and documentation.
struct SolverSummary {
  std::string name, text;
  std::optional<SolverClaims> claims;  // of steppers
};
std::vector<SolverSummary> solver_summaries();

}  // namespace fokker
