#pragma once

#include <string>
#include <vector>

#include "fokker/solvers/orders/strong_order.h"
#include "fokker/solvers/sampling/registry.h"

namespace fokker {

/// One order of one solver, declared and measured.
struct OrderRow {
  std::string solver;
  std::string kind;  // "strong", "weak", or "flow": of the probability-flow ODE
  std::string problem;
  Noise noise;
  Calculus calculus;
  int evaluations;  // a step
  double declared;
  MeasuredOrder measured;

  /// "agrees"; "lower" or "higher" than declared; or "undecided", where the interval is too wide to tell.
  std::string verdict() const;
};

/// Every order that steppers claim on `order_problems` and `weak_problems`, stepper by stepper.
std::vector<OrderRow> measured_orders(std::span<const Solver* const> solvers, const StrongOrderConfig& config = {});

/// Every order that solvers made for diffusions claim, by `SamplerOrders` on a quarter of the paths.
std::vector<OrderRow> measured_orders(std::span<const SolverSummary> samplers, const StrongOrderConfig& config = {});

/// Both of solvers by name, steppers first; no name: of all that have claims.  Throws ConfigError for a name without.
std::vector<OrderRow> order_table(const std::vector<std::string>& solvers = {}, const StrongOrderConfig& config = {});

}  // namespace fokker
