#include "fokker/solvers/orders/order.h"

#include <cmath>

#include "fokker/core/ops/rng.h"

namespace fokker {
namespace {

constexpr std::uint64_t replicas = 200;

}  // namespace

bool MeasuredOrder::contains(double claimed) const {
  return std::abs(value - claimed) < margin + (decided() ? 0 : half_width);
}

double detail::order_of(std::span<const double> errors) {
  const auto n = static_cast<double>(errors.size());
  double x = 0, y = 0, xx = 0, xy = 0;
  for (std::size_t i = 0; i < errors.size(); ++i) {
    const double u = static_cast<double>(i), v = -std::log2(errors[i]);
    x += u, y += v, xx += u * u, xy += u * v;
  }
  return (n * xy - x * y) / (n * xx - x * x);
}

detail::Bootstrap::Bootstrap(std::int64_t paths, std::uint64_t seed) {
  const Rng rng(seed, Stream::metric);
  const auto n = static_cast<std::uint64_t>(paths);
  counts_.assign(replicas + 1, std::vector<int>(n, 0));
  counts_[0].assign(n, 1);
  for (std::uint64_t r = 1; r <= replicas; ++r)
    for (std::uint64_t i = 0; i < n; ++i) ++counts_[r][rng.index(r * n + i, n)];
}

MeasuredOrder detail::Bootstrap::order(std::span<const double> squares) const {
  std::vector<double> slopes;
  for (const auto& count : counts_) {
    std::vector<double> errors(squares.size() / count.size(), 0);
    for (std::size_t level = 0; level < errors.size(); ++level) {
      for (std::size_t i = 0; i < count.size(); ++i) errors[level] += count[i] * squares[level * count.size() + i];
      errors[level] = std::sqrt(errors[level] / static_cast<double>(count.size()));
    }
    slopes.push_back(order_of(errors));
  }
  double variance = 0;
  for (const double slope : slopes) variance += std::pow(slope - slopes[0], 2) / replicas;
  return {slopes[0], 1.96 * std::sqrt(variance)};
}

}  // namespace fokker
