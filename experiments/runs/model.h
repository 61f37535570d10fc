#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <tuple>

#include "fokker/core/config/config.h"
#include "fokker/experiments/data/data_facts.h"
#include "fokker/experiments/metrics/metrics.h"
#include "fokker/experiments/training/trainer.h"
#include "fokker/score/networks/network.h"
#include "fokker/sde/registry.h"

namespace fokker {

/// The tables of an experiment that its trained model follows from.
struct ModelConfig {
  std::string name = "experiment";
  std::uint64_t seed = 0;
  DataConfig data;
  SdeConfig sde;
  NetworkConfig network;
  TrainConfig train;
  MetricConfig evaluate;

  static constexpr auto model_fields =
      std::tuple{field("name", &ModelConfig::name, "name of the run's folder", nonempty()),
                 field("seed", &ModelConfig::seed, "seed of everything random"),
                 field("data", &ModelConfig::data, "data to learn from, and how they are prepared"),
                 field("sde", &ModelConfig::sde, "diffusion from data to noise"),
                 field("network", &ModelConfig::network, "network that is trained"),
                 field("train", &ModelConfig::train, "settings of the training")};
  static constexpr auto evaluate_field =
      field("evaluate", &ModelConfig::evaluate, "comparison of the samples with the data");
  static constexpr auto fields = std::tuple_cat(model_fields, std::tuple{evaluate_field});
};

/// A network's options, with those that follow from the data and the objective, and the shape of one input.
struct NetworkPlan {
  NetworkConfig config;
  Shape input;
};
NetworkPlan plan_network(NetworkConfig network, const TrainConfig& train, const DataFacts& facts);

/// What an experiment's tables describe, built: data, SDE, and objective and network with their first weights.
struct Model {
  DataFacts facts;
  DataOnDemand data;
  std::shared_ptr<const ForwardSde> sde;
  System system;
  /// Shape of one sample in the units of the network.
  Shape sample_shape;
};
Model build(const ModelConfig& config);
/// On the data that `facts` are of, which are loaded when something asks for them; asking throws ConfigError where they
/// have changed.
Model build(const ModelConfig& config, DataFacts facts);

}  // namespace fokker
