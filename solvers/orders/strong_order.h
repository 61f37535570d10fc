#pragma once

#include <functional>
#include <span>
#include <vector>

#include "fokker/solvers/orders/order.h"
#include "fokker/solvers/orders/order_problems.h"

namespace fokker {

struct StrongOrderConfig {
  std::int64_t paths = 2000;
  int levels = 6;  // step sizes, each half of the one before
  std::uint64_t seed = 2024;
  /// Paths done and in all; false cancels.
  std::function<bool(std::int64_t done, std::int64_t total)> progress = {};
  /// For negative controls: what solvers see instead of the path's increment, given one that refinement does not keep.
  std::function<BrownianIncrement(const BrownianIncrement& path, const BrownianIncrement& fresh)> spoil = {};
};

/// The strong order of each solver: of the root mean square error at the end, all solvers and step sizes on the same
/// paths, the interval by a bootstrap over paths.  Workers share the paths; their number changes no bit.
/// Throws ConfigError for a solver that does not fit or less than 30 paths or two levels, Cancelled.
std::vector<MeasuredOrder> measured_strong_orders(std::span<const Solver* const> solvers, const OrderProblem& problem,
                                                  const StrongOrderConfig& config = {});
MeasuredOrder measured_strong_order(const Solver& solver, const OrderProblem& problem,
                                    const StrongOrderConfig& config = {});

}  // namespace fokker
