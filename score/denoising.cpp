#include "fokker/score/denoising.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>

#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/reduce.h"

namespace fokker {
namespace {

constexpr const char* weightings[] = {"uniform", "lambda", "snr", "min_snr", "likelihood"};
constexpr double min_snr_bound = 5;

std::shared_ptr<const ForwardSde> shared_clone(const ForwardSde& sde) {
  return std::shared_ptr<const ForwardSde>(static_cast<const ForwardSde*>(sde.clone().release()));
}

/// [B] as [B, 1, …] to broadcast over the samples of x.
Tensor per_sample(const std::vector<double>& values, const Tensor& x) {
  Shape shape = x.shape();
  for (int i = 1; i < x.rank(); ++i) shape = with_extent(shape, i, 1);
  return Tensor::from(values, shape, x.dtype());
}

}  // namespace

std::span<const char* const> weighting_names() { return weightings; }

double epsilon_weight(const std::string& weighting, Prediction prediction, const ForwardSde& sde, double t) {
  const Marginal m = sde.marginal(t);
  const double snr = m.alpha * m.alpha / (m.sigma * m.sigma);
  if (weighting == "uniform") {
    const double scale = convert(Prediction::epsilon, prediction, m).predicted;
    return scale * scale;
  }
  if (weighting == "lambda" || weighting == "snr") return 1;
  if (weighting == "min_snr") return std::min(snr, min_snr_bound) / snr;
  const double g = sde.diffusion_rate(t);
  require<ConfigError>(weighting == "likelihood", "[weighting] expected one of {}, got {}", fmt::join(weightings, ", "),
                       weighting);
  return g * g / (m.sigma * m.sigma);
}

DenoisingScoreMatching::DenoisingScoreMatching(const ForwardSde& sde, DenoisingConfig config)
    : sde_(shared_clone(sde)),
      config_(std::move(config)),
      prediction_(fokker::prediction(config_.prediction)),
      times_(config_.time_sampling, sde, config_.t_min) {
  require<ConfigError>(std::ranges::find(weightings, config_.weighting) != std::end(weightings),
                       "[weighting] expected one of {}, got {}", fmt::join(weightings, ", "), config_.weighting);
}

Tensor DenoisingScoreMatching::loss(const Network& network, const Shard& shard) const {
  const Tensor& x0 = shard.x0;
  const std::int64_t rows = x0.extent(0), dimension = x0.size() / rows;
  const TimeDraw draw = times_.draw(shard.seed, shard.step, shard.batch, shard.first, rows);
  std::vector<double> label, scale, alpha, sigma, target_x, target_epsilon, weight;
  for (std::size_t i = 0; i < draw.t.size(); ++i) {
    const Marginal m = sde_->marginal(draw.t[i]);
    const Conversion target = convert(Prediction::epsilon, prediction_, m);
    label.push_back(time_label(*sde_, draw.t[i]));
    scale.push_back(input_scale(m));
    alpha.push_back(m.alpha);
    sigma.push_back(m.sigma);
    target_x.push_back(target.x);
    target_epsilon.push_back(target.predicted);
    // The residual of the network's own quantity is `target.predicted` times that of ε.
    weight.push_back(epsilon_weight(config_.weighting, prediction_, *sde_, draw.t[i]) * draw.inverse_density[i] /
                     (target.predicted * target.predicted * static_cast<double>(shard.batch * dimension)));
  }
  const Tensor epsilon = Rng(shard.seed, Stream::noise, shard.step)
                             .normal(x0.shape(), x0.dtype(), static_cast<std::uint64_t>(shard.first * dimension));
  const Tensor x = x0 * per_sample(alpha, x0) + epsilon * per_sample(sigma, x0);
  const Tensor target = prediction_ == Prediction::epsilon
                            ? epsilon
                            : x * per_sample(target_x, x) + epsilon * per_sample(target_epsilon, x);
  const Pass pass{.training = true,
                  .rng = Rng(shard.seed, Stream::dropout, shard.step),
                  .first_sample = shard.first,
                  .condition = shard.condition};
  const Tensor predicted = network(x * per_sample(scale, x), Tensor::from(label, {rows}, x.dtype()), pass);
  require<ShapeError>(predicted.shape() == x.shape(), "[denoising] expected the network to return {}, got {}",
                      x.shape(), predicted.shape());
  return sum(square(predicted - target) * per_sample(weight, x));
}

Score DenoisingScoreMatching::score(std::shared_ptr<const Network> network) const {
  return network_score(std::move(network), *sde_, prediction_);
}

}  // namespace fokker
