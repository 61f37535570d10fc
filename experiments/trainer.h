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
#include "fokker/score/denoising.h"

namespace fokker {

/// The table [train] of an experiment.
struct TrainConfig {
  std::string objective = "dsm";
  std::string prediction = "epsilon";
  std::string weighting = "uniform";
  std::string time_sampling = "stratified";
  std::int64_t steps = 3000;
  std::int64_t batch = 128;
  std::string optimizer = "adam";
  double learning_rate = 5e-4;
  double weight_decay = 0;
  double momentum = 0.9;
  double clip = 1;
  double ema = 0.999;
  std::string schedule = "constant";
  std::int64_t warmup = 0;
  std::int64_t checkpoint_every = 500;
  std::int64_t log_every = 0;
};

/// The loss of one shard, a scalar on the tape; the losses of all shards sum to that of the batch.
using Objective = std::function<Tensor(const Network& network, const Shard& shard)>;

struct ObjectiveEntry {
  const char* name;
  const char* description;
  Objective (*make)(const TrainConfig& config, const ForwardSde& sde);
};
std::span<const ObjectiveEntry> objective_entries();

struct StepReport {
  std::int64_t step;  // steps done, this one included
  double loss, gradient_norm, learning_rate, ema_decay;
};

/// Trains a network, one step after the other.  A batch is cut into shards by its size alone; each shard runs forward and
/// backward on one worker, and gradients are added in a fixed order: the bits depend on neither threads nor interruptions.
class Trainer {
 public:
  /// `network` is trained in place.
  Trainer(std::shared_ptr<Network> network, const ForwardSde& sde, Dataset training, TrainConfig config,
          std::uint64_t seed);
  void augment(Augmentation augmentation) { augmentation_ = std::move(augmentation); }

  /// Throws NumericalError, before any parameter changes, where the loss or a gradient is not finite.
  StepReport step();
  std::int64_t steps_done() const { return optimizer_->steps(); }
  const TrainConfig& config() const { return config_; }

  /// Network with the averaged weights, in memory of its own.
  std::shared_ptr<const Network> averaged() const;
  /// Everything that the next step depends on; a Trainer of the same arguments that restores it goes on bit for bit.
  SafeTensors state() const;
  /// Throws ConfigError where the state does not fit the network.
  void restore(const SafeTensors& state);

 private:
  struct Lane {
    std::unique_ptr<Network> network;
    std::vector<Tensor> leaves, gradients;
    double loss;
  };
  void run_lane(std::int64_t lane, std::span<const std::int64_t> rows);
  Shard shard(std::int64_t index, std::span<const std::int64_t> rows) const;
  void check_finite(double loss, double norm) const;
  std::vector<std::pair<std::string, Tensor>> live_tensors() const;

  std::shared_ptr<Network> network_;
  Dataset training_;
  TrainConfig config_;
  std::uint64_t seed_;
  Objective objective_;
  Augmentation augmentation_;
  BatchOrder order_;
  std::vector<NamedParameter> parameters_;
  std::unique_ptr<Optimizer> optimizer_;
  Ema ema_;
  std::int64_t shard_rows_;
  std::vector<Lane> lanes_;
};

}  // namespace fokker
