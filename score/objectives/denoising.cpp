#include "fokker/score/objectives/denoising.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "fokker/core/base/registry.h"
#include "fokker/core/nn/embedding.h"
#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/reduce.h"
#include "fokker/core/ops/view.h"
#include "fokker/score/objectives/coupling.h"

namespace fokker {
namespace {

constexpr const char* weightings[] = {"uniform", "lambda", "snr", "min_snr", "likelihood"};
constexpr double min_snr_bound = 5;
constexpr std::int64_t uncertainty_features = 64;

constexpr const char* couplings[] = {"independent", "optimal"};

void check_weighting(const std::string& name) { Registry("[weighting]", weightings).at(name); }

}  // namespace

std::span<const char* const> weighting_names() { return weightings; }

double epsilon_weight(const std::string& weighting, Prediction prediction, const ForwardSde& sde, double t,
                      double data_sigma) {
  const Level m = level(sde, t, data_sigma);
  const double snr = m.alpha * m.alpha / (m.sigma * m.sigma);
  if (weighting == "uniform") {
    const double scale = convert(Prediction::epsilon, prediction, m).predicted;
    return scale * scale;
  }
  if (weighting == "lambda" || weighting == "snr") return 1;
  if (weighting == "min_snr") return std::min(snr, min_snr_bound) / snr;
  const double g = sde.diffusion_rate(t);
  check_weighting(weighting);
  return g * g / (m.sigma * m.sigma);
}

DenoisingScoreMatching::DenoisingScoreMatching(const ForwardSde& sde, DenoisingConfig config)
    : sde_(share(sde)), config_(std::move(config)), times_(config_.times, sde) {
  check_weighting(config_.weighting);
  Registry("[coupling]", couplings).at(config_.coupling);
  if (config_.uncertainty) uncertainty_ = Linear(uncertainty_features, 1, Rng(0), Init::zero);
}

void DenoisingScoreMatching::visit(const ParameterVisitor& visitor) {
  if (uncertainty_) visitor("uncertainty", *uncertainty_);
}

Tensor DenoisingScoreMatching::uncertainty(const std::vector<double>& t) const {
  std::vector<double> label;
  for (double at : t) label.push_back(1000 * sde_->label(at));
  const Tensor time = Tensor::from(label, {std::ssize(t)}, uncertainty_->weight.dtype());
  return reshape((*uncertainty_)(sinusoidal_embedding(time, uncertainty_features)), {std::ssize(t)});
}

ShardLoss DenoisingScoreMatching::loss(const Network& network, const Shard& shard) const {
  const Parameterization& p = config_.parameterization;
  const Noised noised = add_noise(shard, *sde_, times_, p.data_sigma);
  const Tensor residual = predict(network, p, *sde_, noised, shard) - target(p.prediction, noised, shard.x0);
  const Tensor error = sample_mean(square(residual));
  ShardLoss result{.total = {}, .label = {}, .error = error.to_vector()};
  std::vector<double> weight;
  for (std::size_t i = 0; i < noised.t.size(); ++i) {
    // The residual of the network's own quantity is `own` times that of ε.
    const double own = convert(Prediction::epsilon, p.prediction, noised.level[i]).predicted;
    const double by_epsilon = epsilon_weight(config_.weighting, p.prediction, *sde_, noised.t[i], p.data_sigma);
    weight.push_back(by_epsilon / (own * own) * noised.weight[i] / static_cast<double>(shard.batch));
    result.label.push_back(sde_->label(noised.t[i]));
  }
  const Tensor weights = Tensor::from(weight, error.shape(), error.dtype());
  if (!uncertainty_) {
    result.total = sum(error * weights);
  } else {
    const Tensor u = cast(uncertainty(noised.t), error.dtype());
    result.total = sum(error * weights * exp(-u)) + sum(u) * (1.0 / static_cast<double>(shard.batch));
  }
  return result;
}

Score DenoisingScoreMatching::score(std::shared_ptr<const Network> network) const {
  return network_score(std::move(network), *sde_, config_.parameterization);
}

std::vector<std::int64_t> DenoisingScoreMatching::coupling(const Tensor& x0, std::uint64_t seed,
                                                           std::uint32_t step) const {
  return optimal_pairs(x0, noise_of({.x0 = x0, .seed = seed, .step = step, .first = 0, .batch = x0.extent(0)}));
}

}  // namespace fokker
