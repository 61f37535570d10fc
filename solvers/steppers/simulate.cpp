#include "fokker/solvers/steppers/simulate.h"

#include <algorithm>

#include "fokker/core/base/parallel.h"
#include "fokker/core/ops/autodiff.h"
#include "fokker/solvers/noise/brownian_path.h"
#include "fokker/solvers/support/shards.h"

namespace fokker {
namespace detail {

std::unique_ptr<BrownianMotion> simulation_noise(const SimulationConfig& config, std::span<const double> grid,
                                                 const Shape& shape, Dtype dtype, std::int64_t first) {
  require_grid(grid);
  if (!config.same_path) return std::make_unique<SequentialNoise>(config.seed, shape, dtype, first);
  return std::make_unique<BrownianPath>(config.seed, shape, grid.front(), grid.back(), dtype, first);
}

}  // namespace detail

Tensor simulate(const Sde& sde, const Solver& solver, const Tensor& x, std::span<const double> grid,
                const SimulationConfig& config) {
  require<ShapeError>(x.rank() > 0, "[simulate] expected states [n, ...], got a scalar");
  require_fit(solver, sde);
  detail::require_grid(grid);
  const std::int64_t n = x.extent(0), elements = n > 0 ? x.size() / n : 0;
  const std::int64_t shard = detail::shard_size(elements, config.shard, "simulate");
  const auto kept = detail::frame_points(grid, config.frames);
  const Shape frames = with_axis(x.shape(), 0, static_cast<std::int64_t>(kept.size()));
  Tensor result = Tensor::empty(frames, x.dtype());
  detail::for_samples(n, shard, !sde.takes_shards(), [&](const RowRange& range) {
    const NoGrad off_tape;
    const std::int64_t first = range.first;
    const Tensor start = x.rows(first, first + range.count);
    std::size_t frame = 0;
    const auto keep = [&](std::size_t point, const Tensor& at) {
      if (frame == kept.size() || kept[frame] != point) return;
      const auto row = static_cast<std::int64_t>(frame++);
      Tensor states = result.rows(row, row + 1).view(x.shape());
      detail::store_rows(at, states, first);
    };
    const auto noise = detail::simulation_noise(config, grid, sde.noise_shape(start.shape()), x.dtype(), first);
    const detail::Course course{sde, solver, *noise, grid, first};
    keep(0, start);
    course.require_finite(start, course.march(start, [&](std::size_t i, const SolverState& at) { keep(i + 1, at.x); }));
  });
  return config.frames.empty() ? result.view(x.shape()) : result;
}

}  // namespace fokker
