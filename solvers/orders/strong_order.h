#pragma once

#include <functional>
#include <span>
#include <vector>

#include "fokker/solvers/orders/order.h"
#include "fokker/solvers/orders/order_problems.h"

namespace fokker {

/// How strong orders are measured.
struct StrongOrderConfig {
  std::int64_t paths = 2000;
  int levels = 6;  // number of step sizes, each half of the one before
  std::uint64_t seed = 2024;
  /// Called with the paths done and in all; false cancels.
  std::function<bool(std::int64_t done, std::int64_t total)> progress = {};
  /// For negative controls: returns what solvers see instead of the path's increment.  `fresh` is an increment that
  /// refinement does not keep.
  std::function<BrownianIncrement(const BrownianIncrement& path, const BrownianIncrement& fresh)> spoil = {};
};

/// Returns the strong order of each solver, that of the root mean square error at the end.  All solvers and step sizes
/// see the same paths.  The interval is by a bootstrap over paths.  Workers share the paths; the number of workers
/// changes no bit.  Throws ConfigError for a solver that does not fit, for less than 30 paths and for less than two
/// levels.  Throws Cancelled where the progress callback returns false.
std::vector<MeasuredOrder> measured_strong_orders(std::span<const Solver* const> solvers, const OrderProblem& problem,
                                                  const StrongOrderConfig& config = {});
MeasuredOrder measured_strong_order(const Solver& solver, const OrderProblem& problem,
                                    const StrongOrderConfig& config = {});

}  // namespace fokker
