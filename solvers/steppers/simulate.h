#pragma once

#include "fokker/solvers/steppers/solver.h"

namespace fokker {

struct SimulationConfig {
  std::uint64_t seed = 0;
  bool same_path = false;  // one Brownian path for every grid between the same ends, slower than independent increments
  std::vector<double> frames = {};  // points of the grid whose states are kept, in its order; empty: the last alone
  std::int64_t shard = 0;           // samples a shard; 0: a size that depends on the sample's shape alone
};

/// Independent paths of `sde` from the states x [n, ...] at the first point of `grid`, in shards on all workers:
/// the states at its last point [n, ...], or at the frames [frames, n, ...].  Beside those it needs memory for one shard
/// a worker.  Sample i is the same, to the bit, for any n, shard or number of threads.  Off the tape; an SDE that wants
/// its batches whole is one shard.  Throws as `solve` does.
Tensor simulate(const Sde& sde, const Solver& solver, const Tensor& x, std::span<const double> grid,
                const SimulationConfig& config = {});

namespace detail {
/// The noise of samples first, first + 1, …, shape[0] of them, on the grid's interval.
std::unique_ptr<BrownianMotion> simulation_noise(const SimulationConfig& config, std::span<const double> grid,
                                                 const Shape& shape, Dtype dtype, std::int64_t first = 0);
}  // namespace detail

}  // namespace fokker
