#pragma once

#include "fokker/solvers/steppers/solver.h"

namespace fokker {

/// How `simulate` makes noise, and what it keeps.
struct SimulationConfig {
  std::uint64_t seed = 0;
  /// Whether all grids between the same ends share one Brownian path; slower than independent increments.
  bool same_path = false;
  std::vector<double> frames = {};  // grid points whose states are kept, in the grid's order; empty: the last alone
  std::int64_t shard = 0;           // samples in a shard; 0: a size that depends on the sample's shape alone
};

/// Returns independent paths of `sde` from the states x [n, ...] at the first point of `grid`, in shards on all
/// workers.  The result holds the states at the last point [n, ...], or at the frames [frames, n, ...].  Beside the
/// result, memory is needed for one shard a worker.  Sample i is the same, to the bit, for any n, shard or number of
/// threads.  All work is off the tape.  An SDE that wants its batches whole is one shard.  Throws as `solve` does.
Tensor simulate(const Sde& sde, const Solver& solver, const Tensor& x, std::span<const double> grid,
                const SimulationConfig& config = {});

namespace detail {
/// Returns the noise of samples first, first + 1, …, shape[0] of them, on the grid's interval.
std::unique_ptr<BrownianMotion> simulation_noise(const SimulationConfig& config, std::span<const double> grid,
                                                 const Shape& shape, Dtype dtype, std::int64_t first = 0);
}  // namespace detail

}  // namespace fokker
