#include "fokker/experiments/metrics/anomaly_scores.h"

#include <algorithm>
#include <cmath>

#include "fokker/core/base/parallel.h"
#include "fokker/core/base/registry.h"
#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/reduce.h"
#include "fokker/core/ops/view.h"
#include "fokker/sde/clock.h"
#include "fokker/solvers/support/progress_meter.h"
#include "fokker/solvers/support/shards.h"

namespace fokker {
namespace {

constexpr double last_of_first = 0.05;  // last level of several steps, in units of the first

/// The samples of a shard, the score of the model, and the place of the shard.
struct Part {
  const Score& score;
  const ForwardSde& sde;
  Tensor x;  // [n, …]
  std::int64_t first;

  std::int64_t count() const { return x.extent(0); }
  std::int64_t width() const { return x.size() / x.extent(0); }
};

double time_of_level(const ForwardSde& sde, double level) { return sde.time_of_lambda(-std::log(level)); }

/// Levels must lie between those of t_min and t_max.  Beyond them time_of_lambda gives the nearer end.
void check_levels(const ForwardSde& sde, const DetectConfig& config) {
  const double low = std::exp(-sde.marginal(sde.t_min()).lambda()),
               high = std::exp(-sde.marginal(sde.t_max()).lambda());
  for (const double level : config.levels)
    require<ConfigError>(level >= low && level <= high,
                         "[detect.levels] expected noise sigma/alpha in [{:.3g}, {:.3g}], that of the model, got {}",
                         low, high, level);
}

Tensor rows_sum(const Tensor& x) { return sum(reshape(x, {x.extent(0), x.size() / x.extent(0)}), {1}); }

/// The denoised end of a path from x + level·ε.
Tensor reconstructed(const Part& part, const Tensor& noised, double level, std::int64_t steps) {
  Tensor u = noised, clean;  // u = x_t/α
  for (std::int64_t k = 0; k < steps; ++k) {
    const auto at = [&](std::int64_t i) {
      return level * std::pow(last_of_first,
                              static_cast<double>(i) / static_cast<double>(std::max<std::int64_t>(1, steps - 1)));
    };
    const double t = time_of_level(part.sde, at(k));
    clean = denoise(part.sde, part.score, u * part.sde.marginal(t).alpha, t);
    if (k + 1 < steps) u = clean + (u - clean) * (at(k + 1) / at(k));
  }
  return clean;
}

/// The mean of the `kept` smallest values of each row of [n, draws].
Tensor mean_of_least(const Tensor& errors, std::int64_t kept) {
  Tensor all = errors.clone(), result = Tensor::zeros({errors.extent(0)}, Dtype::f64);
  const auto draws = errors.extent(1);
  auto values = all.data<double>();
  auto out = result.data<double>();
  for (std::int64_t i = 0; i < errors.extent(0); ++i) {
    const auto row = values.subspan(static_cast<std::size_t>(i * draws), static_cast<std::size_t>(draws));
    std::ranges::sort(row);
    for (std::int64_t k = 0; k < kept; ++k) out[i] += row[k] / static_cast<double>(kept);
  }
  return result;
}

struct PartScores {
  std::vector<Tensor> terms, residuals;  // [n, 1] and [n, 1, D] for each level
  Tensor map;
};

PartScores reconstruction(const Part& part, const DetectConfig& config) {
  const Rng rng = Rng(config.seed, Stream::noise).fork(0x616e6f6d);
  const auto kept = std::max<std::int64_t>(1, std::llround(config.nearest * static_cast<double>(config.draws)));
  const double share = 1 / static_cast<double>(config.draws);
  PartScores found;
  found.map = Tensor::zeros(part.x.shape());
  std::uint32_t use = 0;
  for (const double level : config.levels) {
    std::vector<Tensor> columns;
    Tensor residual = Tensor::zeros(part.x.shape());
    for (std::int64_t draw = 0; draw < config.draws; ++draw) {
      const auto place = static_cast<std::uint64_t>(part.first * part.width());
      const Tensor noise = rng.at(use++).normal(part.x.shape(), Dtype::f32, place);
      const Tensor apart = reconstructed(part, part.x + noise * level, level, config.steps) - part.x;
      const Tensor error = square(apart);
      residual = residual + apart * share;
      found.map = found.map + error * (share / static_cast<double>(std::ssize(config.levels)));
      columns.push_back(reshape(rows_sum(cast(error, Dtype::f64)), {part.count(), 1}));
    }
    const Tensor least = mean_of_least(concat(columns, 1), kept) * (1 / static_cast<double>(part.width()));
    found.terms.push_back(reshape(least, {part.count(), 1}));
    found.residuals.push_back(reshape(residual, {part.count(), 1, part.width()}));
  }
  return found;
}

PartScores score_norm(const Part& part, const DetectConfig& config) {
  PartScores found;
  for (const double level : config.levels) {
    const double t = time_of_level(part.sde, level);
    const Marginal at = part.sde.marginal(t);
    const Tensor squares = square(cast(part.score(part.x * at.alpha, t), Dtype::f64));
    const Tensor norm = sqrt(rows_sum(squares)) * (at.sigma / std::sqrt(static_cast<double>(part.width())));
    found.terms.push_back(reshape(norm, {part.count(), 1}));
  }
  return found;
}

AnomalyScores by_level(const NormalModel& model, const Tensor& x, const DetectConfig& config,
                       PartScores (*of)(const Part&, const DetectConfig&)) {
  check_levels(*model.sde, config);
  const std::int64_t n = x.extent(0), levels = std::ssize(config.levels);
  const std::int64_t wanted = detail::shard_size(x.size() / n, 0, "detect");
  AnomalyScores found{Tensor::empty({n, levels}, Dtype::f64), Tensor::empty(x.shape())};
  if (config.method == "whitened") found.residuals = Tensor::empty({n, levels, x.size() / n});
  detail::ProgressMeter meter(model.progress, n);
  bool mapped = false;
  detail::for_samples(n, wanted, model.score.whole_batch(), [&](const RowRange& range) {
    const NoGrad off_tape;
    const auto [index, first, count] = range;
    const PartScores part = of({model.score, *model.sde, x.rows(first, first + count), first}, config);
    detail::store_rows(concat(part.terms, 1), found.terms, first);
    if (part.map.defined()) detail::store_rows(part.map, found.map, first);
    if (found.residuals.defined()) detail::store_rows(concat(part.residuals, 1), found.residuals, first);
    if (index == 0) mapped = part.map.defined();
    meter.add(count);
  });
  if (!mapped) found.map = {};
  return found;
}

AnomalyScores by_bound(const NormalModel& model, const Tensor& x, const DetectConfig& config) {
  BoundOptions how;
  how.progress = model.progress;
  return {reshape(variational_bound(model.score, *model.sde, x, config.bound, how).nats, {x.extent(0), 1})};
}

AnomalyScores by_likelihood(const NormalModel& model, const Tensor& x, const DetectConfig& config) {
  LikelihoodOptions how;
  how.progress = model.progress;
  const LikelihoodConfig likelihood{.flow = config.flow, .divergence = config.divergence};
  return {reshape(-log_likelihood(model.score, *model.sde, x, likelihood, how).log_density, {x.extent(0), 1})};
}

struct Method {
  const char* name;
  AnomalyScores (*scores)(const NormalModel& model, const Tensor& x, const DetectConfig& config);
};

constexpr Method methods[] = {
    {"reconstruction",
     [](const NormalModel& m, const Tensor& x, const DetectConfig& c) { return by_level(m, x, c, &reconstruction); }},
    {"whitened",
     [](const NormalModel& m, const Tensor& x, const DetectConfig& c) { return by_level(m, x, c, &reconstruction); }},
    {"score_norm",
     [](const NormalModel& m, const Tensor& x, const DetectConfig& c) { return by_level(m, x, c, &score_norm); }},
    {"bound", by_bound},
    {"likelihood", by_likelihood},
};
constexpr Registry table("[detect.method]", methods);

}  // namespace

std::vector<std::string> anomaly_method_names() { return table.names(); }

AnomalyScores anomaly_scores(const NormalModel& model, const Tensor& x, const DetectConfig& config) {
  require<ShapeError>(x.rank() >= 2 && x.size() > 0, "[detect] expected samples [N, …], got {}", to_string(x.shape()));
  const NoGrad off_tape;
  AnomalyScores found = table.at(config.method).scores(model, x, config);
  for (const double term : found.terms.to_vector())
    require<NumericalError>(std::isfinite(term), "[detect] the method \"{}\" gives a score that is not finite",
                            config.method);
  return found;
}

std::vector<double> combined(const Tensor& terms, const Tensor& reference) {
  const std::int64_t columns = terms.extent(1);
  if (columns == 1) return terms.to_vector();
  const Tensor scaled = terms / mean(reference, {0});
  return mean(scaled, {1}).to_vector();
}

}  // namespace fokker
