#include "fokker/score/objectives/score_matching.h"

#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/reduce.h"
#include "fokker/core/ops/rows.h"
#include "fokker/core/ops/view.h"
#include "fokker/score/objectives/denoising.h"

namespace fokker {
namespace {

/// The product vᵀ (∂s/∂x) v of each sample, on the tape.
Tensor directional(const Tensor& score, const Tensor& x, const Tensor& v) {
  return sample_sum(grad(sum(score * v), x, true) * v);
}

Tensor exact_trace(const Tensor& score, const Tensor& x) {
  const std::int64_t dimension = row_size(x);
  Tensor trace;
  for (std::int64_t i = 0; i < dimension; ++i) {
    std::vector<double> unit(static_cast<std::size_t>(dimension), 0.0);
    unit[static_cast<std::size_t>(i)] = 1;
    const Tensor v = Tensor::from(unit, with_extent(x.shape(), 0, 1), x.dtype());
    const Tensor row = directional(score, x, v);
    trace = trace.defined() ? trace + row : row;
  }
  return trace;
}

}  // namespace

ScoreMatching::ScoreMatching(const ForwardSde& sde, ScoreMatchingConfig config)
    : sde_(share(sde)), config_(std::move(config)), times_(config_.times, sde) {
  require<ConfigError>(config_.trace == "exact" || config_.trace == "sliced" || config_.trace == "sliced_vr",
                       "[score_matching] expected exact, sliced or sliced_vr, got {}", config_.trace);
  epsilon_weight(config_.weighting, Prediction::epsilon, sde, sde.t_max());  // throws for unknown names
}

Tensor ScoreMatching::divergence_form(const Tensor& score, const Tensor& x, const Shard& shard) const {
  if (config_.trace == "exact") return sample_sum(square(score)) + exact_trace(score, x) * 2.0;
  const Rng rng(shard.seed, Stream::probe, shard.step);
  const auto first = static_cast<std::uint64_t>(shard.first * shard.dimension());
  const Tensor v = greater(rng.uniform(x.shape(), x.dtype(), first), 0.5) * 2.0 - 1.0;
  const Tensor norm = config_.trace == "sliced" ? square(sample_sum(score * v)) : sample_sum(square(score));
  return norm + directional(score, x, v) * 2.0;
}

ShardLoss ScoreMatching::loss(const Network& network, const Shard& shard) const {
  const Parameterization& p = config_.parameterization;
  Noised noised = add_noise(shard, *sde_, times_, p.data_sigma);
  noised.x = noised.x.leaf();
  const Tensor predicted = predict(network, p, *sde_, noised, shard);
  std::vector<double> by_x, by_predicted, weight;
  ShardLoss result;
  for (std::size_t i = 0; i < noised.t.size(); ++i) {
    const Conversion c = convert(p.prediction, Prediction::score, noised.level[i]);
    by_x.push_back(c.x);
    by_predicted.push_back(c.predicted);
    const double sigma = noised.level[i].sigma;
    weight.push_back(epsilon_weight(config_.weighting, Prediction::epsilon, *sde_, noised.t[i]) * sigma * sigma *
                     noised.weight[i] / static_cast<double>(shard.dimension()));
    result.label.push_back(sde_->label(noised.t[i]));
  }
  const Tensor score = noised.x * per_sample(by_x, noised.x) + predicted * per_sample(by_predicted, noised.x);
  const Tensor form = divergence_form(score, noised.x, shard);
  const Tensor weighted = form * Tensor::from(weight, form.shape(), form.dtype());
  result.error = weighted.to_vector();
  result.total = sum(weighted) * (1.0 / static_cast<double>(shard.batch));
  return result;
}

Score ScoreMatching::score(std::shared_ptr<const Network> network) const {
  return network_score(std::move(network), *sde_, config_.parameterization);
}

}  // namespace fokker
