#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "fokker/core/config_fields.h"
#include "fokker/core/nn/module.h"
#include "fokker/core/optim/optimizer.h"
#include "fokker/core/safetensors.h"
#include "fokker/experiments/batch.h"
#include "fokker/experiments/dataset.h"
#include "fokker/score/denoising.h"

namespace fokker {

std::vector<std::string> objective_names();

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
  std::string precision = "f32";
  std::string schedule = "constant";
  std::int64_t warmup = 0;
  std::int64_t checkpoint_every = 500;
  std::int64_t log_every = 0;  // 0: a twentieth of the steps

  std::int64_t log_interval() const { return log_every > 0 ? log_every : std::max<std::int64_t>(1, steps / 20); }

  static constexpr auto fields = std::tuple{
      field("objective", &TrainConfig::objective, "loss", one_of(objective_names)),
      field("prediction", &TrainConfig::prediction, "dsm: what the network predicts",
            one_of("epsilon", "x0", "v", "score")),
      field("weighting", &TrainConfig::weighting, "dsm: weight of the noise levels",
            one_of("uniform", "lambda", "snr", "min_snr", "likelihood")),
      field("time_sampling", &TrainConfig::time_sampling, "dsm: how times are drawn",
            one_of("uniform", "stratified", "antithetic", "importance")),
      field("steps", &TrainConfig::steps, "optimizer steps", at_least(1)),
      field("batch", &TrainConfig::batch, "samples a step", at_least(1)),
      field("optimizer", &TrainConfig::optimizer, "update rule", one_of("adam", "adamw", "sgd")),
      field("learning_rate", &TrainConfig::learning_rate, "step size", above(0)),
      field("weight_decay", &TrainConfig::weight_decay, "adamw: decoupled decay", at_least(0)),
      field("momentum", &TrainConfig::momentum, "sgd: momentum", at_least(0), below(1)),
      field("clip", &TrainConfig::clip, "largest norm of the gradient; 0: unbounded", at_least(0)),
      field("ema", &TrainConfig::ema, "decay of the average of the weights", at_least(0), below(1)),
      field("precision", &TrainConfig::precision,
            "of convolutions and matrix products; bf16: operands rounded, sums, weights and optimizer in f32",
            one_of("f32", "bf16")),
      field("schedule", &TrainConfig::schedule, "learning rate after the warm-up", one_of("constant", "cosine")),
      field("warmup", &TrainConfig::warmup, "steps of linear rise of the learning rate", at_least(0)),
      field("checkpoint_every", &TrainConfig::checkpoint_every, "steps between checkpoints", at_least(1)),
      field("log_every", &TrainConfig::log_every, "steps between printed losses; 0: a twentieth of all", at_least(0))};
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

/// Trains `network` in place for config.steps; returns it with the averaged weights.  `progress` sees every step, and ends
/// the training by false.
std::shared_ptr<const Network> train(std::shared_ptr<Network> network, const ForwardSde& sde, Dataset training,
                                     TrainConfig config = {}, std::uint64_t seed = 0,
                                     const std::function<bool(const StepReport&)>& progress = {});

}  // namespace fokker
