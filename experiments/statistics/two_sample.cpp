#include "fokker/experiments/statistics/two_sample.h"

#include <algorithm>
#include <cmath>

#include "fokker/core/base/parallel.h"
#include "fokker/core/base/quantile.h"
#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/matmul.h"
#include "fokker/core/ops/rng.h"
#include "fokker/core/ops/view.h"
#include "fokker/experiments/statistics/neighbours.h"

namespace fokker {
namespace {

/// Directions on the unit sphere, [projections, D].
Tensor directions(int projections, std::int64_t dimension, std::uint64_t seed) {
  Tensor theta = Rng(seed, Stream::metric).normal({projections, dimension}, Dtype::f64);
  auto values = theta.data<double>();
  for (int p = 0; p < projections; ++p) {
    const auto row = values.subspan(p * dimension, dimension);
    double norm = 0;
    for (const double v : row) norm += v * v;
    for (double& v : row) v /= std::sqrt(norm);
  }
  return theta;
}

/// Rows [projections, N] of θ·x, each sorted.
Tensor sorted_projections(const Tensor& theta, const Tensor& x) {
  Tensor result = Tensor::empty({theta.extent(0), x.extent(0)}, Dtype::f64);
  auto out = result.data<double>();
  const std::int64_t n = x.extent(0);
  parallel(theta.extent(0), [&](std::int64_t p) {
    const NoGrad no_grad;
    const Tensor line = matmul(theta.rows(p, p + 1), x, Transpose::no, Transpose::yes);
    const auto row = out.subspan(p * n, n);
    std::copy_n(line.data<double>().begin(), n, row.begin());
    std::sort(row.begin(), row.end());
  });
  return result;
}

/// The integral ∫₀¹ (F⁻¹(u) − G⁻¹(u))² du of two sorted samples.  It is exact, since both quantile functions are steps.
double squared_w2(std::span<const double> a, std::span<const double> b) {
  double sum = 0, u = 0;
  const auto n = static_cast<double>(a.size()), m = static_cast<double>(b.size());
  for (std::size_t i = 0, j = 0; i < a.size() && j < b.size();) {
    const double end_a = static_cast<double>(i + 1) / n, end_b = static_cast<double>(j + 1) / m;
    const double next = std::min(end_a, end_b);
    sum += (next - u) * (a[i] - b[j]) * (a[i] - b[j]);
    u = next;
    // The comparison of (i+1)/n with (j+1)/m is made in whole numbers, because the quotients may round apart.
    const auto left = (i + 1) * b.size(), right = (j + 1) * a.size();
    i += left <= right;
    j += right <= left;
  }
  return sum;
}

/// The sum of f(squared distance) over all pairs of rows, summed by rows in their order.
template <class F>
double pair_sum(const Tensor& a, const Tensor& b, bool same, F f) {
  std::vector<double> rows(static_cast<std::size_t>(a.extent(0)));
  for_each_distance_row(a, b, [&](std::int64_t i, std::span<double> squared) {
    double sum = 0;
    for (std::size_t j = 0; j < squared.size(); ++j)
      if (!same || static_cast<std::int64_t>(j) != i) sum += f(squared[j]);
    rows[i] = sum;
  });
  double sum = 0;
  for (const double row : rows) sum += row;
  return sum;
}

/// The mean of f over pairs of different rows.
template <class F>
double within_mean(const Tensor& a, F f) {
  const auto n = static_cast<double>(a.extent(0));
  require<ShapeError>(n >= 2, "[two_sample] expected at least two samples, got {}", a.extent(0));
  return pair_sum(a, a, true, f) / (n * (n - 1));
}

template <class F>
double between_mean(const Tensor& a, const Tensor& b, F f) {
  return pair_sum(a, b, false, f) / (static_cast<double>(a.extent(0)) * static_cast<double>(b.extent(0)));
}

}  // namespace

double sliced_w2(const Tensor& a, const Tensor& b, int projections, std::uint64_t seed) {
  require<ShapeError>(a.rank() == 2 && b.rank() == 2 && a.extent(1) == b.extent(1) && a.size() > 0 && b.size() > 0,
                      "[sliced_w2] expected non-empty [N, D] and [M, D], got {} and {}", to_string(a.shape()),
                      to_string(b.shape()));
  require<ConfigError>(projections >= 1, "[sliced_w2] expected projections ≥ 1, got {}", projections);
  const Tensor theta = directions(projections, a.extent(1), seed);
  const Tensor left = sorted_projections(theta, cast(a.detach(), Dtype::f64));
  const Tensor right = sorted_projections(theta, cast(b.detach(), Dtype::f64));
  double sum = 0;
  for (int p = 0; p < projections; ++p)
    sum += squared_w2(left.data<double>().subspan(p * a.extent(0), a.extent(0)),
                      right.data<double>().subspan(p * b.extent(0), b.extent(0)));
  return std::sqrt(sum / projections);
}

double energy_distance(const Tensor& a, const Tensor& b) {
  const auto distance = [](double squared) { return std::sqrt(squared); };
  return 2 * between_mean(a, b, distance) - within_mean(a, distance) - within_mean(b, distance);
}

double mmd_squared(const Tensor& a, const Tensor& b, double bandwidth) {
  require<ConfigError>(bandwidth > 0, "[mmd] expected a bandwidth > 0, got {}", bandwidth);
  const double rate = 1 / (2 * 16 * bandwidth * bandwidth);
  const auto kernel = [rate](double squared) {
    // Half the bandwidth is the fourth power, so one exponential serves all five.
    double term = std::exp(-squared * rate), sum = term;
    for (int halvings = 0; halvings < 4; ++halvings) {
      term *= term;
      term *= term;
      sum += term;
    }
    return sum / 5;
  };
  return within_mean(a, kernel) + within_mean(b, kernel) - 2 * between_mean(a, b, kernel);
}

double median_distance(const Tensor& x) {
  constexpr std::int64_t enough = 1000;
  require<ShapeError>(x.rank() == 2 && x.extent(0) >= 2, "[mmd] expected at least two rows [N, D], got {}",
                      to_string(x.shape()));
  std::vector<std::int64_t> rows;
  const std::int64_t n = x.extent(0), count = std::min(n, enough);
  for (std::int64_t i = 0; i < count; ++i) rows.push_back(i * n / count);
  const NoGrad no_grad;
  const Tensor chosen = gather(x, rows);
  std::vector<double> distances(static_cast<std::size_t>(count * (count - 1) / 2));
  for_each_distance_row(chosen, chosen, [&](std::int64_t i, std::span<double> squared) {
    for (std::int64_t j = 0; j < i; ++j) distances[i * (i - 1) / 2 + j] = std::sqrt(squared[j]);
  });
  return median(std::move(distances));
}

}  // namespace fokker
