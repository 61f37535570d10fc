#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "fokker/core/base/tensor.h"

namespace fokker {

/// Calls `use(row, distances)` for every row of a [N, D] with its squared distances to all rows of b [M, D], in f64;
/// rows in parallel and in any order.
using UseDistances = std::function<void(std::int64_t row, std::span<double> squared)>;
void for_each_distance_row(const Tensor& a, const Tensor& b, const UseDistances& use);

/// Whether a row of a set may be its own neighbour.
enum class Self : bool { keep, leave_out };

/// Distance of each row of a to its k-th nearest row of b.  `leave_out` takes a to be b, and skips row i for row i.
std::vector<double> neighbour_distances(const Tensor& a, const Tensor& b, int k, Self self = Self::keep);

/// Improved precision and recall [kynkaanniemi2019]: the share of `samples` inside the k-nearest-neighbour balls of
/// `real`, and the other way round.
struct PrecisionRecall {
  double precision, recall;
};
PrecisionRecall precision_recall(const Tensor& samples, const Tensor& real, int k);

/// Median distance of samples to their nearest training sample over the same median of held-out samples: 1 for new
/// samples of the law, towards 0 for copies of the training data.
double nearest_neighbour_ratio(const Tensor& samples, const Tensor& training, const Tensor& held_out);

/// The same for samples that are rows of `training`, itself without equal rows: each one's nearest other row counts.
double nearest_neighbour_ratio_of_training(const Tensor& rows, const Tensor& training, const Tensor& held_out);

}  // namespace fokker
