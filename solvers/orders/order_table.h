#pragma once

#include <string>
#include <vector>

#include "fokker/solvers/orders/strong_order.h"
#include "fokker/solvers/sampling/registry.h"

namespace fokker {

/// One order of one solver, declared and measured.
struct OrderRow {
  std::string solver;
  std::string kind;  // "strong", "weak", or "flow" for the order on the probability-flow ODE
  std::string problem;
  Noise noise;
  Calculus calculus;
  int evaluations;  // evaluations in a step
  double declared;
  MeasuredOrder measured;

  /// Returns "agrees", "lower" or "higher" than declared, or "undecided" where the interval is too wide to tell.
  std::string verdict() const;
};

/// Measures every order that steppers claim on `order_problems` and `weak_problems`, stepper by stepper.
std::vector<OrderRow> measured_orders(std::span<const Solver* const> solvers, const StrongOrderConfig& config = {});

/// Measures every order that solvers made for diffusions claim, by `SamplerOrders` on a quarter of the paths.
std::vector<OrderRow> measured_orders(std::span<const SolverSummary> samplers, const StrongOrderConfig& config = {});

/// Measures the orders of solvers by name, steppers first; no names mean all solvers that have claims.  Throws
/// ConfigError for a solver without claims.
std::vector<OrderRow> order_table(const std::vector<std::string>& solvers = {}, const StrongOrderConfig& config = {});

}  // namespace fokker
