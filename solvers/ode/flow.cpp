#include "fokker/solvers/ode/flow.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>
#include <numeric>

#include "fokker/core/base/parallel.h"
#include "fokker/core/ops/rows.h"
#include "fokker/solvers/support/progress_meter.h"
#include "fokker/solvers/support/shards.h"

namespace fokker {

double Carried::nfe() const {
  if (evaluations.empty()) return 0;
  return static_cast<double>(std::accumulate(evaluations.begin(), evaluations.end(), std::int64_t{0})) /
         static_cast<double>(evaluations.size());
}

namespace detail {
namespace {

constexpr std::int64_t parts = 100;  // parts of a sample's way, for progress

/// The samplers' size: about 2,048 numbers.
std::int64_t shard_size(const Tensor& x, const FlowOptions& options) {
  require<ConfigError>(options.shard >= 0, "[flow] expected shard >= 0, got {}", options.shard);
  if (options.shard > 0) return options.shard;
  return std::clamp<std::int64_t>(2048 / std::max<std::int64_t>(1, row_size(x)), 8, 1024);
}

}  // namespace

Carried carry(const FieldOfShard& field, const Tensor& x, std::array<double, 2> interval, const OdeConfig& config,
              const FlowOptions& options) {
  require<ShapeError>(x.rank() > 1 && x.extent(0) > 0, "[flow] expected samples [B, ...], B > 0, got {}",
                      to_string(x.shape()));
  const auto begin = std::chrono::steady_clock::now();
  const std::int64_t n = x.extent(0), size = shard_size(x, options);
  Carried result{Tensor::empty(x.shape(), x.dtype()), std::vector<std::int64_t>(static_cast<std::size_t>(n)), 0};
  ProgressMeter meter(options.progress, parts * n);
  for_samples(n, size, false, [&](const RowRange& range) {
    const auto [index, first, count] = range;
    OdeConfig own = config;
    std::int64_t reported = 0;
    own.first_sample = first;
    own.progress = [&](double fraction) {
      const auto done = static_cast<std::int64_t>(fraction * static_cast<double>(parts * count));
      meter.add(done - reported);
      reported = done;
    };
    const Tensor rows = x.detach().rows(first, first + count);
    const SampleField of_shard = field(first, count);
    const auto of_some = [&](const Tensor& at, double t, std::span<const std::size_t> places) {
      if (std::ssize(places) == count) return of_shard(at, t, places);
      const SampleScope some(places);
      return of_shard(at, t, places);
    };
    const OdeSolution solution = solve_ode(SampleField(of_some), rows, interval[0], interval[1], own);
    std::memcpy(static_cast<std::byte*>(result.x.raw()) + first * (x.bytes() / n), solution.x.raw(),
                static_cast<std::size_t>(solution.x.bytes()));
    std::copy(solution.evaluations.begin(), solution.evaluations.end(), result.evaluations.begin() + first);
  });
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return result;
}

ProbabilityFlow::ProbabilityFlow(const ForwardSde& sde, const Score& score, const FlowConfig& flow) : config(flow) {
  const Clock in = clock(config.clock);
  require<ConfigError>(in != Clock::snr, "[flow] expected the clock t or log_snr, got {}", config.clock);
  const double t_min = config.t_min > 0 ? config.t_min : sde.t_min();
  require<ConfigError>(t_min < sde.t_max(), "[flow] expected t_min < {}, got {}", sde.t_max(), t_min);
  drift = clocked_reverse(sde, score, in, 0);
  at_data = to_clock(sde, in, t_min);
  at_prior = to_clock(sde, in, sde.t_max());
}

OdeConfig ProbabilityFlow::ode() const {
  return {.method = config.method, .absolute = config.tolerance, .relative = config.tolerance, .steps = config.steps};
}

}  // namespace detail
}  // namespace fokker
