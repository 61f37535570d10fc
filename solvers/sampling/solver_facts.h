#pragma once

#include <string>
#include <vector>

namespace fokker {

// What a configuration asks of the solvers that draw samples; registry.cpp lists them.

/// What SampleConfig::solver may say.
std::vector<std::string> solver_names();

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

}  // namespace fokker
