#include "fokker/solvers/sampling/sampler.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>

#include "fokker/core/base/parallel.h"
#include "fokker/core/ops/autodiff.h"
#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/rows.h"
#include "fokker/solvers/sampling/trajectory.h"
#include "fokker/solvers/support/nfe.h"
#include "fokker/solvers/support/progress_meter.h"
#include "fokker/solvers/support/shards.h"

namespace fokker {
namespace {

using Time = std::chrono::steady_clock;

Shape batch_shape(std::int64_t n, const Shape& sample) { return with_axis(sample, 0, n); }

bool finite_row(const Tensor& x, std::int64_t row) {
  const std::int64_t width = row_size(x);
  return visit(x.dtype(), [&]<class T>(T) {
    const auto values = x.data<T>().subspan(static_cast<std::size_t>(row * width), static_cast<std::size_t>(width));
    return std::ranges::all_of(values, [](T value) { return std::isfinite(value); });
  });
}

std::string remedy_of(const std::string& solver) {
  const auto steppers = stepper_names();
  const bool stepper = std::ranges::find(steppers, solver) != steppers.end();
  return stepper ? make_solver(solver)->remedy() : "take more steps, or check the score there";
}

/// Grid points to keep, evenly spaced in number.
std::vector<std::int64_t> frame_points(int frames, std::int64_t steps) {
  std::vector<std::int64_t> points;
  for (int j = 0; j < frames; ++j)
    points.push_back(frames == 1 ? steps : (2 * j * steps + frames - 1) / (2 * (frames - 1)));
  return points;
}

SampleConfig filled(SampleConfig config) {
  config.use_defaults();
  return config;
}

class Sampling {
 public:
  Sampling(const Score& score, const ForwardSde& sde, const SampleConfig& config, const SampleOptions& options)
      : score_(score),
        sde_(sde),
        config_(filled(config)),
        options_(options),
        run_(detail::sampler_run(config.solver)),
        meter_(options.progress, config.n * config.step_count()) {
    config.validate();
    require<ConfigError>(config.n > 0, "[sample] expected n >= 1, got {}", config.n);
    require<ConfigError>(options.trajectory >= 0, "[sample] expected trajectory >= 0, got {}", options.trajectory);
    grid_ = sampling_times(config, sde);
    require<ConfigError>(grid_.front() <= sde.t_max(), "[times] {} ends at t_max = {}, got {}", sde.name(), sde.t_max(),
                         grid_.front());
    require<ShapeError>(!options.initial.defined() || options.initial.shape() == batch_shape(config.n, options.shape),
                        "[sample] expected initial states {}, got {}", batch_shape(config.n, options.shape),
                        options.initial.shape());
    points_ = frame_points(options.trajectory, config.step_count());
    result_.values = Tensor::empty(batch_shape(config.n, options.shape), options.dtype);
    if (options.trajectory > 0)
      result_.trajectory = Tensor::empty(with_axis(result_.values.shape(), 0, options.trajectory), options.dtype);
    for (const std::int64_t point : points_) result_.times.push_back(grid_[static_cast<std::size_t>(point)]);
  }

  Samples run() {
    const auto begin = Time::now();
    const std::int64_t shard = detail::shard_size(options_.shape.size(), options_.shard, "sample");
    std::atomic<std::int64_t> calls = 0, failures = 0;
    detail::for_samples(config_.n, shard, score_.whole_batch(), [&](const RowRange& range) {
      const auto [own_calls, own_failures] = run_shard(range.first, range.count);
      calls += own_calls;
      failures += own_failures;
    });
    result_.failures += failures;
    result_.nfe = static_cast<double>(calls) / static_cast<double>(config_.n);
    result_.seconds = std::chrono::duration<double>(Time::now() - begin).count();
    return std::move(result_);
  }

 private:
  /// Returns the evaluations and failures of one shard, and puts its samples into the result.
  std::pair<std::int64_t, std::int64_t> run_shard(std::int64_t first, std::int64_t count) {
    const NoGrad off_tape;
    const CountedScore counted(score_, precision_of(config_.precision));
    detail::Shard shard{sde_,
                        config_,
                        grid_,
                        counted,
                        batch_shape(count, options_.shape),
                        options_.dtype,
                        first,
                        [&](std::int64_t) { meter_.add(count); },
                        {}};
    if (options_.trajectory > 0)
      shard.observe = [&](std::int64_t point, const Tensor& x) { keep_frame(point, first, x); };
    const Tensor start = prior(shard);
    if (shard.observe) shard.observe(0, start);
    const Tensor x = finish(shard, run_(shard, start));
    std::int64_t failed = 0;
    for (std::int64_t row = 0; row < count; ++row) {
      if (finite_row(x, row)) continue;
      if (!options_.allow_failures) report_failure(shard, row);
      ++failed;
    }
    detail::store_rows(x, result_.values, first);
    return {counted.count(), failed};
  }

  Tensor prior(const detail::Shard& shard) const {
    if (options_.initial.defined()) return options_.initial.rows(shard.first, shard.first + shard.shape[0]);
    const Tensor x = sde_.prior(shard.shape, Rng(config_.seed), shard.dtype, shard.first);
    if (grid_.front() == sde_.t_max()) return x;
    return x * (sde_.marginal(grid_.front()).sigma / sde_.marginal(sde_.t_max()).sigma);
  }

  Tensor finish(const detail::Shard& shard, const Tensor& x) const {
    return *config_.denoise ? fokker::denoise(sde_, shard.score, x, grid_.back()) : x;
  }

  void keep_frame(std::int64_t point, std::int64_t first, const Tensor& x) {
    for (std::size_t j = 0; j < points_.size(); ++j) {
      if (points_[j] != point) continue;
      Tensor frame = result_.trajectory.rows(static_cast<std::int64_t>(j), static_cast<std::int64_t>(j) + 1)
                         .view(result_.values.shape());
      detail::store_rows(x, frame, first);
    }
  }

  /// Runs the shard again, which repeats to the bit, and looks at every step.
  [[noreturn]] void report_failure(detail::Shard shard, std::int64_t row) const {
    shard.tick = [](std::int64_t) {};
    shard.observe = [&](std::int64_t point, const Tensor& x) {
      require<NumericalError>(finite_row(x, row), "[{}] sample {} is not finite after step {} of {}, at t = {}; {}",
                              config_.solver, shard.first + row, point, config_.step_count(),
                              grid_[static_cast<std::size_t>(point)], remedy_of(config_.solver));
    };
    run_(shard, prior(shard));
    throw NumericalError(
        fmt::format("[{}] sample {} is not finite after the final denoising at t = {}; check the score "
                    "there, or raise t_min",
                    config_.solver, shard.first + row, grid_.back()));
  }

  const Score& score_;
  const ForwardSde& sde_;
  const SampleConfig config_;
  const SampleOptions& options_;
  detail::Run run_;
  detail::ProgressMeter meter_;
  std::vector<double> grid_;
  std::vector<std::int64_t> points_;
  Samples result_;
};

}  // namespace

std::vector<double> sampling_times(const SampleConfig& config, const ForwardSde& sde) {
  if (!config.times.empty()) return config.times;
  return time_grid(config.grid.value_or(defaults_of(config.solver).grid), sde, config.steps,
                   config.t_min > 0 ? config.t_min : sde.t_min());
}

Samples sample(const Score& score, const ForwardSde& sde, const SampleConfig& config, const SampleOptions& options) {
  return Sampling(score, sde, config, options).run();
}

}  // namespace fokker
