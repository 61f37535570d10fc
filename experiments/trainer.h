#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "fokker/core/nn/module.h"
#include "fokker/core/optim/optimizer.h"
#include "fokker/core/safetensors.h"
#include "fokker/experiments/batch.h"
#include "fokker/experiments/dataset.h"
#include "fokker/experiments/objectives.h"

namespace fokker {

/// A network and what it is trained by: together a score.
struct System {
  std::shared_ptr<Network> network;
  std::shared_ptr<Objective> objective;

  /// The network's by their names, then the objective's behind "objective.".
  std::vector<NamedParameter> parameters() const;
  std::vector<NamedParameter> trainable_parameters() const;
  Score score() const { return objective->score(network); }
  std::shared_ptr<const ForwardSde> sde() const { return objective->sde(); }
};

struct StepReport {
  std::int64_t step;  // steps done, this one included
  double loss, gradient_norm, learning_rate, ema_decay;
};

/// Trains a network, one step after the other.  A batch is cut into shards by its size alone; each shard runs forward and
/// backward on one worker, and gradients are added in a fixed order: the bits depend on neither threads nor interruptions.
class Trainer {
 public:
  /// `system` is trained in place.
  Trainer(System system, Dataset training, TrainConfig config, std::uint64_t seed);
  /// With the objective of `config`.
  Trainer(std::shared_ptr<Network> network, const ForwardSde& sde, Dataset training, TrainConfig config,
          std::uint64_t seed);
  void augment(Augmentation augmentation) { augmentation_ = std::move(augmentation); }

  /// Throws NumericalError, before any parameter changes, where the loss or a gradient is not finite.
  StepReport step();
  std::int64_t steps_done() const { return optimizer_->steps(); }
  const TrainConfig& config() const { return config_; }

  /// With the averaged weights, in memory of its own.
  System averaged() const;
  /// Everything that the next step depends on; a Trainer of the same arguments that restores it goes on bit for bit.
  SafeTensors state() const;
  /// Throws ConfigError where the state does not fit the network.
  void restore(const SafeTensors& state);

 private:
  struct Lane {
    std::unique_ptr<Network> network;
    std::unique_ptr<Objective> objective;
    std::vector<Tensor> leaves, gradients;
    double loss;
  };
  void add_lane();
  void run_lane(std::int64_t lane, std::span<const std::int64_t> rows);
  Tensor gathered(std::span<const std::int64_t> rows, std::int64_t first) const;
  Shard shard(std::int64_t index, std::span<const std::int64_t> rows) const;
  void check_finite(double loss, double norm) const;
  std::vector<std::pair<std::string, Tensor>> live_tensors() const;

  System system_;
  Dataset training_;
  TrainConfig config_;
  std::uint64_t seed_;
  Augmentation augmentation_;
  BatchOrder order_;
  std::vector<NamedParameter> parameters_;
  std::unique_ptr<Optimizer> optimizer_;
  Ema ema_;
  std::int64_t shard_rows_;
  std::vector<Lane> lanes_;
  std::vector<std::int64_t> pairs_;    // of this step's samples and noise
  std::vector<double> label_, error_;  // of this step's samples
};

/// Trains `network` in place for config.steps; returns it with the averaged weights.  `progress` sees every step, and ends
/// the training by false.
System train(std::shared_ptr<Network> network, const ForwardSde& sde, Dataset training, TrainConfig config = {},
             std::uint64_t seed = 0, const std::function<bool(const StepReport&)>& progress = {});

}  // namespace fokker
