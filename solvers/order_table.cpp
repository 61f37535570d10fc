#include "fokker/solvers/order_table.h"

#include <algorithm>

#include "fokker/core/parallel.h"
#include "fokker/solvers/registry.h"
#include "fokker/solvers/weak_order.h"

namespace fokker {
namespace {

using Solvers = std::span<const Solver* const>;
using Rows = std::vector<std::vector<OrderRow>>;  // by solver

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

}  // namespace

std::string OrderRow::verdict() const {
  if (!measured.contains(declared)) return "differs";
  return measured.decided() ? "agrees" : "undecided";
}

std::vector<OrderRow> measured_orders(Solvers solvers, const StrongOrderConfig& config) {
  Rows rows(solvers.size());
  add_strong(solvers, config, rows);
  add_weak(solvers, rows);
  std::vector<OrderRow> all;
  for (const auto& own : rows) all.insert(all.end(), own.begin(), own.end());
  return all;
}

std::vector<OrderRow> order_table(const std::vector<std::string>& names, const StrongOrderConfig& config) {
  std::vector<std::unique_ptr<Solver>> solvers;
  std::vector<const Solver*> pointers;
  for (const auto& name : names.empty() ? stepper_names() : names) {
    solvers.push_back(make_solver(name));
    pointers.push_back(solvers.back().get());
  }
  return measured_orders(pointers, config);
}

}  // namespace fokker
