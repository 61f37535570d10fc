#include "fokker/experiments/statistics/neighbours.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "fokker/core/base/parallel.h"
#include "fokker/core/base/quantile.h"
#include "fokker/core/base/stop.h"
#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/matmul.h"

namespace fokker {
namespace {

constexpr std::int64_t block_rows = 64;

void check_pair(const Tensor& a, const Tensor& b, const char* where) {
  require<ShapeError>(a.rank() == 2 && b.rank() == 2 && a.extent(1) == b.extent(1) && a.size() > 0 && b.size() > 0,
                      "[{}] expected non-empty [N, D] and [M, D], got {} and {}", where, to_string(a.shape()),
                      to_string(b.shape()));
}

std::vector<double> column_means(const Tensor& x) {
  const std::int64_t n = x.extent(0), d = x.extent(1);
  std::vector<double> mean(static_cast<std::size_t>(d));
  const auto values = x.data<double>();
  for (std::int64_t i = 0; i < n; ++i)
    for (std::int64_t k = 0; k < d; ++k) mean[k] += values[i * d + k] / static_cast<double>(n);
  return mean;
}

/// x − mean as f64.
Tensor centred(const Tensor& x, const std::vector<double>& mean) {
  Tensor result = Tensor::empty(x.shape(), Dtype::f64);
  auto out = result.data<double>();
  const auto in = x.data<double>();
  const auto d = mean.size();
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = in[i] - mean[i % d];
  return result;
}

std::vector<double> squared_norms(const Tensor& x) {
  const std::int64_t n = x.extent(0), d = x.extent(1);
  std::vector<double> norms(static_cast<std::size_t>(n));
  const auto values = x.data<double>();
  for (std::int64_t i = 0; i < n; ++i)
    for (std::int64_t k = 0; k < d; ++k) norms[i] += values[i * d + k] * values[i * d + k];
  return norms;
}

double squared_distance(std::span<const double> a, std::span<const double> b) {
  double sum = 0;
  for (std::size_t k = 0; k < a.size(); ++k) sum += (a[k] - b[k]) * (a[k] - b[k]);
  return sum;
}

}  // namespace

void for_each_distance_row(const Tensor& a, const Tensor& b, const UseDistances& use) {
  check_pair(a, b, "distances");
  const Tensor a64 = cast(a.detach(), Dtype::f64), b64 = cast(b.detach(), Dtype::f64);
  // The sum |a|² + |b|² − 2 a·b cancels least about a common mean.
  const auto mean = column_means(b64);
  const Tensor left = centred(a64, mean), right = centred(b64, mean);
  const auto left_norms = squared_norms(left), right_norms = squared_norms(right);
  const std::int64_t n = a.extent(0), m = b.extent(0), d = a.extent(1);
  // Below this share of the norms the difference is rounding, so the distance is summed directly.
  constexpr double cancelled = 1e-9;
  for_shards(n, block_rows, [&](const RowRange& range) {
    const NoGrad no_grad;
    const std::int64_t begin = range.first, end = range.first + range.count;
    Tensor products = matmul(left.rows(begin, end), right, Transpose::no, Transpose::yes);
    auto values = products.data<double>();
    for (std::int64_t i = begin; i < end; ++i) {
      stop_if_told();
      const auto row = values.subspan((i - begin) * m, m);
      for (std::int64_t j = 0; j < m; ++j) {
        const double norms = left_norms[i] + right_norms[j];
        row[j] = norms - 2 * row[j];
        if (row[j] <= cancelled * norms)
          row[j] = squared_distance(left.data<double>().subspan(i * d, d), right.data<double>().subspan(j * d, d));
      }
      use(i, row);
    }
  });
}

std::vector<double> neighbour_distances(const Tensor& a, const Tensor& b, int k, Self self) {
  check_pair(a, b, "neighbours");
  const std::int64_t others = b.extent(0) - (self == Self::leave_out ? 1 : 0);
  require<ShapeError>(k >= 1 && k <= others, "[neighbours] expected 1 ≤ k ≤ {} other rows, got k = {}", others, k);
  std::vector<double> result(static_cast<std::size_t>(a.extent(0)));
  for_each_distance_row(a, b, [&](std::int64_t row, std::span<double> squared) {
    if (self == Self::leave_out) squared[row] = std::numeric_limits<double>::infinity();
    std::nth_element(squared.begin(), squared.begin() + (k - 1), squared.end());
    result[row] = std::sqrt(squared[k - 1]);
  });
  return result;
}

PrecisionRecall precision_recall(const Tensor& samples, const Tensor& real, int k) {
  // A point lies in a set's manifold where it lies in the ball of any of the set's points.
  const auto covered = [k](const Tensor& points, const Tensor& set) {
    const auto radius = neighbour_distances(set, set, k, Self::leave_out);
    std::vector<std::uint8_t> inside(static_cast<std::size_t>(points.extent(0)));
    for_each_distance_row(points, set, [&](std::int64_t row, std::span<double> squared) {
      for (std::size_t j = 0; j < squared.size() && !inside[row]; ++j) inside[row] = std::sqrt(squared[j]) <= radius[j];
    });
    return static_cast<double>(std::count(inside.begin(), inside.end(), 1)) / static_cast<double>(inside.size());
  };
  return {covered(samples, real), covered(real, samples)};
}

namespace {

double neighbour_ratio(const Tensor& samples, const Tensor& training, const Tensor& held_out, int k) {
  const double usual = median(neighbour_distances(held_out, training, 1));
  require<NumericalError>(usual > 0,
                          "[nearest_neighbour] more than half of the held-out samples are copies of training "
                          "samples; set data.remove_duplicates");
  return median(neighbour_distances(samples, training, k)) / usual;
}

}  // namespace

double nearest_neighbour_ratio(const Tensor& samples, const Tensor& training, const Tensor& held_out) {
  return neighbour_ratio(samples, training, held_out, 1);
}

double nearest_neighbour_ratio_of_training(const Tensor& rows, const Tensor& training, const Tensor& held_out) {
  return neighbour_ratio(rows, training, held_out, 2);  // the nearest is the row itself
}

}  // namespace fokker
