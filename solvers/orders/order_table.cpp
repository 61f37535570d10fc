#include "fokker/solvers/orders/order_table.h"

#include <algorithm>

#include "fokker/core/base/parallel.h"
#include "fokker/solvers/orders/sampler_order.h"
#include "fokker/solvers/orders/weak_order.h"
#include "fokker/solvers/sampling/registry.h"
#include "fokker/solvers/steppers/solver.h"
#include "fokker/solvers/support/progress_meter.h"

namespace fokker {
namespace {

using Solvers = std::span<const Solver* const>;
using Rows = std::vector<std::vector<OrderRow>>;  // the rows of each solver

template <class Problem>
OrderRow row(const Solver& solver, const char* kind, const Problem& problem, MeasuredOrder measured) {
  return {.solver = solver.name(),
          .kind = kind,
          .problem = problem.name,
          .noise = problem.sde->noise(),
          .calculus = problem.sde->calculus(),
          .evaluations = solver.claims().evaluations,
          .declared = claimed_order(solver.claims(), problem),
          .measured = measured};
}

void add_strong(Solvers solvers, const StrongOrderConfig& config, Rows& rows) {
  const auto& problems = order_problems();
  const auto count = static_cast<std::int64_t>(problems.size());
  for (std::int64_t p = 0; p < count; ++p) {
    const OrderProblem& problem = problems[static_cast<std::size_t>(p)];
    std::vector<const Solver*> fitting;
    std::vector<std::size_t> places;
    for (std::size_t s = 0; s < solvers.size(); ++s)
      if (claimed_order(solvers[s]->claims(), problem) > 0) fitting.push_back(solvers[s]), places.push_back(s);
    StrongOrderConfig own = config;
    if (config.progress)
      own.progress = [&, p](std::int64_t done, std::int64_t total) {
        return config.progress(p * total + done, count * total);
      };
    const auto orders = fitting.empty() ? std::vector<MeasuredOrder>{} : measured_strong_orders(fitting, problem, own);
    for (std::size_t i = 0; i < fitting.size(); ++i)
      rows[places[i]].push_back(row(*fitting[i], "strong", problem, orders[i]));
  }
}

void add_weak(Solvers solvers, Rows& rows) {
  parallel(static_cast<std::int64_t>(solvers.size()), [&](std::int64_t s) {
    const Solver& solver = *solvers[static_cast<std::size_t>(s)];
    for (const WeakProblem& problem : weak_problems())
      if (claimed_order(solver.claims(), problem) > 0)
        rows[static_cast<std::size_t>(s)].push_back(row(solver, "weak", problem, measured_weak_order(solver, problem)));
  });
}

/// The rows of one solver made for diffusions.
std::vector<OrderRow> sampler_rows(const SolverSummary& solver, const SamplerOrders& orders) {
  const SamplerClaims& claims = *solver.sampler;
  const OrderRow blank{.solver = solver.name,
                       .kind = "flow",
                       .problem = "flow of a mixture",
                       .noise = Noise::none,
                       .calculus = Calculus::ito,
                       .evaluations = claims.evaluations,
                       .declared = 0,
                       .measured = {}};
  std::vector<OrderRow> rows;
  const auto add = [&](const char* kind, const char* problem, Noise noise, double declared, MeasuredOrder measured) {
    rows.push_back(blank);
    rows.back().kind = kind, rows.back().problem = problem, rows.back().noise = noise;
    rows.back().declared = declared, rows.back().measured = measured;
  };
  if (claims.flow > 0) add("flow", "flow of a mixture", Noise::none, claims.flow, orders.flow(solver.name));
  if (claims.strong > 0)
    add("strong", "reverse vp of a mixture", Noise::additive, claims.strong, orders.strong(solver.name));
  if (claims.weak > 0) add("weak", "reverse vp of a gaussian", Noise::additive, claims.weak, orders.weak(solver.name));
  return rows;
}

std::vector<OrderRow> joined(const Rows& rows) {
  std::vector<OrderRow> all;
  for (const auto& own : rows) all.insert(all.end(), own.begin(), own.end());
  return all;
}

}  // namespace

std::string OrderRow::verdict() const {
  if (!measured.contains(declared)) return measured.value < declared ? "lower" : "higher";
  return measured.decided() ? "agrees" : "undecided";
}

std::vector<OrderRow> measured_orders(Solvers solvers, const StrongOrderConfig& config) {
  Rows rows(solvers.size());
  add_strong(solvers, config, rows);
  add_weak(solvers, rows);
  return joined(rows);
}

std::vector<OrderRow> measured_orders(std::span<const SolverSummary> samplers, const StrongOrderConfig& config) {
  const auto count = static_cast<std::int64_t>(samplers.size());
  detail::ProgressMeter meter(config.progress, count * config.paths);
  const SamplerOrders orders({.samples = std::max<std::int64_t>(30, config.paths / 4), .seed = config.seed});
  Rows rows(samplers.size());
  parallel(count, [&](std::int64_t s) {
    rows[static_cast<std::size_t>(s)] = sampler_rows(samplers[static_cast<std::size_t>(s)], orders);
    meter.add(config.paths);
  });
  return joined(rows);
}

std::vector<OrderRow> order_table(const std::vector<std::string>& names, const StrongOrderConfig& config) {
  std::vector<std::unique_ptr<Solver>> solvers;
  std::vector<SolverSummary> samplers;
  const auto wanted = [&](const std::string& name) { return names.empty() || std::ranges::count(names, name) > 0; };
  for (const SolverSummary& solver : solver_summaries()) {
    if (solver.claims && wanted(solver.name)) solvers.push_back(make_solver(solver.name));
    if (solver.sampler && wanted(solver.name)) samplers.push_back(solver);
  }
  const auto known = [&](const std::string& name) {
    return std::ranges::count(samplers, name, &SolverSummary::name) > 0;
  };
  for (const auto& name : names)
    if (!known(name)) require_stepper(name);  // says what is wrong with it
  std::vector<const Solver*> steppers;
  for (const auto& solver : solvers) steppers.push_back(solver.get());
  const std::int64_t problems = steppers.empty() ? 0 : static_cast<std::int64_t>(order_problems().size());
  const std::int64_t total = (problems + static_cast<std::int64_t>(samplers.size())) * config.paths;
  const auto part = [&](std::int64_t first) {
    StrongOrderConfig own = config;
    if (config.progress) own.progress = [&, first](auto done, auto) { return config.progress(first + done, total); };
    return own;
  };
  std::vector<OrderRow> rows;
  if (!steppers.empty()) rows = measured_orders(Solvers(steppers), part(0));
  if (samplers.empty()) return rows;
  const auto others = measured_orders(std::span<const SolverSummary>(samplers), part(problems * config.paths));
  rows.insert(rows.end(), others.begin(), others.end());
  return rows;
}

}  // namespace fokker
