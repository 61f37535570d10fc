#pragma once

#include <cstdint>
#include <vector>

#include "fokker/core/base/tensor.h"

namespace fokker {

/// The permutation π that minimises Σ ‖x_i − noise_{π(i)}‖², the optimal transport between two batches of equal size,
/// [B, …] each; O(B³) [jonker1987].
std::vector<std::int64_t> optimal_pairs(const Tensor& x, const Tensor& noise);

/// The same for a matrix of costs, row-major [n, n]: the column of each row.
std::vector<std::int64_t> assignment(const std::vector<double>& cost, std::int64_t n);

}  // namespace fokker
