#pragma once

#include <string>
#include <vector>

#include "fokker/solvers/strong_order.h"

namespace fokker {

/// One order of one solver, declared and measured.
struct OrderRow {
  std::string solver;
  std::string kind;  // "strong" or "weak"
  std::string problem;
  Noise noise;
  Calculus calculus;
  int evaluations;  // a step
  double declared;
  MeasuredOrder measured;

  /// "agrees"; "differs"; or "undecided", where the interval is too wide to tell.
  std::string verdict() const;
};

/// Every order that the solvers claim on the strong and the weak problems, solver by solver.
std::vector<OrderRow> measured_orders(std::span<const Solver* const> solvers, const StrongOrderConfig& config = {});

/// The same of solvers by name; none: all that have claims.  Throws ConfigError for an unknown name, with the nearest.
std::vector<OrderRow> order_table(const std::vector<std::string>& solvers = {}, const StrongOrderConfig& config = {});

}  // namespace fokker
