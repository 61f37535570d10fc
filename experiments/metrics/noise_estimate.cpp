#include "fokker/experiments/metrics/noise_estimate.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "fokker/core/base/quantile.h"
#include "fokker/core/ops/autodiff.h"
#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/reduce.h"
#include "fokker/solvers/posterior/posterior.h"
#include "fokker/solvers/support/shards.h"

namespace fokker {
namespace {

constexpr std::int64_t block_rows = 32;

/// The finest diagonal Haar coefficients of images, or the differences of pairs of signals, scaled so that white noise
/// keeps its deviation.
std::vector<double> finest_details(const Tensor& y) {
  std::vector<double> details;
  if (y.rank() == 2) {
    for (std::int64_t i = 0; i < y.extent(0); ++i)
      for (std::int64_t j = 0; j + 1 < y.extent(1); j += 2)
        details.push_back((y.at(i * y.extent(1) + j) - y.at(i * y.extent(1) + j + 1)) / std::sqrt(2.0));
    return details;
  }
  const std::int64_t h = y.extent(1), w = y.extent(2), c = y.extent(3);
  for (std::int64_t i = 0; i < y.extent(0); ++i)
    for (std::int64_t row = 0; row + 1 < h; row += 2)
      for (std::int64_t column = 0; column + 1 < w; column += 2)
        for (std::int64_t k = 0; k < c; ++k) {
          const std::int64_t at = ((i * h + row) * w + column) * c + k;
          details.push_back(0.5 * (y.at(at) - y.at(at + c) - y.at(at + w * c) + y.at(at + w * c + c)));
        }
  return details;
}

/// The sum of ‖y − D‖² − s² (N − div D) over the rows.
double evidence_slope(const Score& score, const ForwardSde& sde, const Tensor& y, double t, const Rng& probes) {
  const Marginal at = sde.marginal(t);
  const double s = at.sigma / at.alpha;
  const std::int64_t n = y.extent(0), width = y.size() / n;
  std::vector<double> parts(static_cast<std::size_t>(shard_count(n, block_rows)));
  detail::for_samples(n, block_rows, score.whole_batch(), [&](const RowRange& range) {
    const NoGrad off_tape;
    const auto [index, first, count] = range;
    const Tensor rows = y.rows(first, first + count);
    const Tensor uniform = probes.uniform(rows.shape(), y.dtype(), static_cast<std::uint64_t>(first * width));
    const Tensor probe = greater(uniform, 0.5) * 2.0 - 1.0;
    const Tensor x = rows * at.alpha;
    const detail::TracedDenoiser denoiser(score, {x, t, at});
    const auto total = [](const Tensor& x) { return sum(cast(x, Dtype::f64)).item(); };
    const double divergence = at.alpha * total(denoiser.pull(probe) * probe);
    parts[static_cast<std::size_t>(index)] =
        total(square(rows - denoiser.data())) - s * s * (static_cast<double>(rows.size()) - divergence);
  });
  return std::accumulate(parts.begin(), parts.end(), 0.0);
}

}  // namespace

double detail_noise(const Tensor& y) {
  require<ShapeError>((y.rank() == 2 && y.extent(1) > 1) || (y.rank() == 4 && y.extent(1) > 1 && y.extent(2) > 1),
                      "[noise] expected images [N, height, width, channels] or signals [N, length], got {}", y.shape());
  std::vector<double> details = finest_details(y);
  for (double& d : details) d = std::abs(d);
  return median(std::move(details)) / 0.67448975019608171;
}

double evidence_noise(const Score& score, const ForwardSde& sde, const Tensor& y, std::uint64_t seed) {
  const Rng probes(seed, Stream::probe);
  double high = -sde.marginal(sde.t_max()).lambda(), low = -sde.marginal(sde.t_min()).lambda();  // log s
  for (int i = 0; i < 14; ++i) {
    const double middle = 0.5 * (low + high);
    const bool more = evidence_slope(score, sde, y, sde.time_of_lambda(-middle), probes) > 0;
    (more ? low : high) = middle;
  }
  return std::exp(0.5 * (low + high));
}

}  // namespace fokker
