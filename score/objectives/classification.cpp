#include "fokker/score/objectives/classification.h"

#include "fokker/core/nn/cross_entropy.h"
#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/reduce.h"
#include "fokker/core/ops/rows.h"
#include "fokker/score/objectives/noising.h"

namespace fokker {

ShardLoss NoisyClassification::loss(const Network& network, const Shard& shard) const {
  const auto& labels = shard.condition.labels;
  require<ConfigError>(std::ssize(labels) == shard.rows(),
                       "[classifier] expected a label for each sample: train.objective = \"classifier\" goes with "
                       "network.kind = \"classifier\" and labelled data");
  const Noised noised = add_noise(shard, *sde_, times_);
  std::vector<double> scale, time, weight;
  ShardLoss result;
  for (std::size_t i = 0; i < noised.t.size(); ++i) {
    scale.push_back(input_scale(noised.level[i]));
    time.push_back(time_label(*sde_, noised.t[i]));
    weight.push_back(noised.weight[i] / static_cast<double>(shard.batch));
    result.label.push_back(sde_->label(noised.t[i]));
  }
  const Tensor logits = network(noised.x * per_sample(scale, noised.x),
                                Tensor::from(time, {shard.rows()}, noised.x.dtype()), shard.pass());
  require<ShapeError>(logits.rank() == 2 && logits.extent(1) == network.classes(),
                      "[classifier] expected logits [B, {}], got {}; set network.kind = \"classifier\"",
                      network.classes(), logits.shape());
  const Tensor error = cross_entropy(logits, labels);
  result.error = error.to_vector();
  result.total = sum(error * Tensor::from(weight, error.shape(), error.dtype()));
  return result;
}

Score NoisyClassification::score(std::shared_ptr<const Network>) const {
  throw ConfigError(
      "[classifier] a classifier is no score to sample from; name its run as guidance.classifier of another");
}

std::function<Tensor(const Tensor&, double)> noisy_logits(std::shared_ptr<const Network> network,
                                                          const ForwardSde& sde) {
  return [network = std::move(network), kept = share(sde)](const Tensor& x, double t) {
    const Tensor label = Tensor::full({x.extent(0)}, time_label(*kept, t), x.dtype());
    return (*network)(x * input_scale(kept->marginal(t)), label);
  };
}

}  // namespace fokker
