#include "fokker/experiments/runs/model.h"

#include <utility>

#include "fokker/experiments/data/prepare.h"

namespace fokker {
namespace {

Model assemble(const ModelConfig& config, DataFacts facts, DataOnDemand data) {
  Model model{.facts = std::move(facts),
              .data = std::move(data),
              .sde = make_sde(config.sde),
              .system = {},
              .sample_shape = {}};
  model.sample_shape = model.facts.sample_shape;
  model.system.tokenizer = model.facts.tokenizer;
  const NetworkPlan plan = plan_network(config.network, config.train, model.facts);
  model.system.network = make_network(plan.config, plan.input, Rng(config.seed, Stream::initialisation));
  model.system.objective = make_objective(
      config.train, *model.sde, {.sample = model.sample_shape, .seed = config.seed, .grey = model.facts.grey});
  return model;
}

}  // namespace

NetworkPlan plan_network(NetworkConfig network, const TrainConfig& train, const DataFacts& facts) {
  const Tokenizer& tokenizer = facts.tokenizer;
  Shape input = facts.sample_shape;
  const int last = input.rank() - 1;
  const int factor = objective_entry(train.objective).channel_factor;
  if (network.out_channels == 0 && factor > 1) network.out_channels = factor * input[last];
  if (const std::int64_t latent = latent_channels(train); latent > 0) {
    network.out_channels = input[last];
    input = with_extent(input, last, input[last] + latent);
  }
  if (network.text_width > 0 && network.text_length == 0) network.text_length = tokenizer.length();
  if (network.text_width > 0 && network.text_vocabulary == 0) network.text_vocabulary = tokenizer.vocabulary();
  return {.config = std::move(network), .input = std::move(input)};
}

Model build(const ModelConfig& config) {
  Prepared data = prepare(config.data, config.seed);
  DataFacts facts = facts_of(data);
  return assemble(config, std::move(facts), std::move(data));
}

Model build(const ModelConfig& config, DataFacts facts) {
  const auto load = [data = config.data, seed = config.seed, facts] { return prepare_again(facts, data, seed); };
  return assemble(config, std::move(facts), DataOnDemand(load));
}

}  // namespace fokker
