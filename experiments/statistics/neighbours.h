#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "fokker/core/base/tensor.h"

namespace fokker {

/// Calls `use(row, distances)` for every row of a [N, D], with its squared distances to all rows of b [M, D], in f64.
/// Rows are visited in parallel and in any order.
using UseDistances = std::function<void(std::int64_t row, std::span<double> squared)>;
void for_each_distance_row(const Tensor& a, const Tensor& b, const UseDistances& use);

/// Whether a row of a set may be its own neighbour.
enum class Self : bool { keep, leave_out };

/// The distance of each row of a to its k-th nearest row of b.  `leave_out` takes a to be b, and skips row i for row i.
std::vector<double> neighbour_distances(const Tensor& a, const Tensor& b, int k, Self self = Self::keep);

/// Improved precision and recall [kynkaanniemi2019].  Precision is the share of `samples` inside the
/// k-nearest-neighbour balls of `real`; recall is the share of `real` inside the balls of `samples`.
struct PrecisionRecall {
  double precision, recall;
};
PrecisionRecall precision_recall(const Tensor& samples, const Tensor& real, int k);

/// The median distance of samples to their nearest training sample over the same median of held-out samples.  The ratio
/// is 1 for new samples of the law, and goes to 0 for copies of the training data.
double nearest_neighbour_ratio(const Tensor& samples, const Tensor& training, const Tensor& held_out);

/// The nearest-neighbour ratio of samples that are rows of `training`, which has no equal rows.  The nearest other row
/// counts for each sample.
double nearest_neighbour_ratio_of_training(const Tensor& rows, const Tensor& training, const Tensor& held_out);

}  // namespace fokker
