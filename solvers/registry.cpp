#include "fokker/solvers/registry.h"

#include <fmt/ranges.h>

#include "fokker/core/config_document.h"
#include "fokker/solvers/dri1.h"
#include "fokker/solvers/euler_maruyama.h"
#include "fokker/solvers/heun.h"
#include "fokker/solvers/milstein.h"
#include "fokker/solvers/reversible_heun.h"
#include "fokker/solvers/sra.h"
#include "fokker/solvers/sri.h"
#include "fokker/solvers/trajectory.h"

namespace fokker {
namespace {

using Made = std::unique_ptr<Solver>;

struct SolverEntry {
  const char* name;
  const char* text;
  detail::Run run;  // nullptr: a stepper that does not sample
  Made (*make)();   // nullptr: not a stepper of any SDE
};

constexpr SolverEntry entries[] = {
    {"euler_maruyama", "Euler-Maruyama on the reverse SDE; in the clock \"snr\" it is ancestral sampling",
     detail::run_steps, [] { return Made(new EulerMaruyama); }},
    {"stochastic_heun", "stochastic Heun on the reverse SDE", detail::run_steps,
     [] { return Made(new StochasticHeun); }},
    {"euler_heun", "Euler-Heun on the reverse SDE", detail::run_steps, [] { return Made(new EulerHeun); }},
    {"reversible_heun",
     "reversible Heun, for gradients through paths; it carries a second solution, so it draws no samples", nullptr,
     [] { return Made(new ReversibleHeun); }},
    {"milstein", "Milstein; on a reverse SDE, whose noise is additive, it is Euler-Maruyama", detail::run_steps,
     [] { return Made(new Milstein(Milstein::Derivative::autodiff)); }},
    {"milstein_free", "Milstein without derivatives", detail::run_steps,
     [] { return Made(new Milstein(Milstein::Derivative::free)); }},
    {"sra1", "Roessler's SRA1 on the reverse SDE", detail::run_steps, [] { return Made(new Sra<2>("sra1", sra1)); }},
    {"sra2", "Roessler's SRA2 on the reverse SDE", detail::run_steps, [] { return Made(new Sra<2>("sra2", sra2)); }},
    {"sra3", "Roessler's SRA3 on the reverse SDE", detail::run_steps, [] { return Made(new Sra<3>("sra3", sra3)); }},
    {"sosra", "the stability-optimised SOSRA on the reverse SDE", detail::run_steps,
     [] { return Made(new Sra<3>("sosra", sosra)); }},
    {"shark", "Foster's ShARK on the reverse SDE", detail::run_steps, [] { return Made(new Shark); }},
    {"sea", "shifted Euler on the reverse SDE; best in the clock \"snr\"", detail::run_steps,
     [] { return Made(new Sea); }},
    {"sriw1", "Roessler's SRIW1, for diagonal noise", detail::run_steps,
     [] { return Made(new Sri("sriw1", sriw1, 2)); }},
    {"sriw2", "Roessler's SRIW2, for diagonal noise", detail::run_steps,
     [] { return Made(new Sri("sriw2", sriw2, 1.5)); }},
    {"sosri", "the stability-optimised SOSRI, for diagonal noise; its stages leave the step, so it draws no samples",
     nullptr, [] { return Made(new Sri("sosri", sosri, 1.5)); }},
    {"dri1", "DRI1, of weak order 2 for general noise", detail::run_steps, [] { return Made(new Dri1); }},
    {"heun", "Heun on the probability-flow ODE", detail::run_heun, nullptr},
    {"probability_flow", "Dormand-Prince 5(4) on the probability-flow ODE, each sample with its own steps",
     detail::run_probability_flow, nullptr},
    {"predictor_corrector", "Euler-Maruyama, each step followed by Langevin steps", detail::run_predictor_corrector,
     nullptr},
    {"annealed_langevin", "Langevin steps at falling noise levels; wants the grid \"log_snr\"",
     detail::run_annealed_langevin, nullptr},
};

const SolverEntry& find(const std::string& name) {
  for (const auto& entry : entries)
    if (name == entry.name) return entry;
  const std::string near = nearest_name(name, solver_names());
  throw ConfigError(fmt::format("[solver] expected one of {}, got {}{}", fmt::join(solver_names(), ", "), name,
                                near.empty() ? "" : "; did you mean " + near + "?"));
}

}  // namespace

std::vector<std::string> solver_names() {
  std::vector<std::string> names;
  for (const auto& entry : entries)
    if (entry.run) names.emplace_back(entry.name);
  return names;
}

std::vector<std::string> stepper_names() {
  std::vector<std::string> names;
  for (const auto& entry : entries)
    if (entry.make) names.emplace_back(entry.name);
  return names;
}

std::unique_ptr<Solver> make_solver(const std::string& name) {
  const SolverEntry& entry = find(name);
  require<ConfigError>(entry.make != nullptr, "[solver] {} is no stepper of a general SDE; steppers: {}", name,
                       fmt::join(stepper_names(), ", "));
  return entry.make();
}

std::vector<SolverSummary> solver_summaries() {
  std::vector<SolverSummary> rows;
  for (const auto& entry : entries) {
    rows.push_back({entry.name, entry.text, {}});
    if (entry.make) rows.back().claims = entry.make()->claims();
  }
  return rows;
}

namespace detail {

Run sampler_run(const std::string& name) {
  const SolverEntry& entry = find(name);
  require<ConfigError>(entry.run != nullptr, "[solver] {} solves SDEs but draws no samples; take one of {}", name,
                       fmt::join(solver_names(), ", "));
  return entry.run;
}

}  // namespace detail
}  // namespace fokker
