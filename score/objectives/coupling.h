#pragma once

#include <cstdint>
#include <vector>

#include "fokker/core/base/tensor.h"

namespace fokker {

/// The permutation π that minimises Σ ‖x_i − noise_{π(i)}‖²: the optimal transport between two batches [B, …] of equal
/// size, found in O(B³) operations [jonker1987].  Throws ShapeError for batches of different shapes.
std::vector<std::int64_t> optimal_pairs(const Tensor& x, const Tensor& noise);

/// The permutation that minimises the sum of the chosen entries of a cost matrix [n, n], stored row by row.  Entry i of
/// the result is the column of row i.
std::vector<std::int64_t> assignment(const std::vector<double>& cost, std::int64_t n);

}  // namespace fokker
