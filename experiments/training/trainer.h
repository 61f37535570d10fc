#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "fokker/core/io/safetensors.h"
#include "fokker/core/optim/optimizer.h"
#include "fokker/experiments/data/batch.h"
#include "fokker/experiments/data/dataset.h"
#include "fokker/experiments/training/averages.h"
#include "fokker/experiments/training/divergence.h"
#include "fokker/experiments/training/noise_levels.h"
#include "fokker/experiments/training/objectives.h"
#include "fokker/experiments/training/validation.h"

namespace fokker {

/// What one training step did.
struct StepReport {
  std::int64_t step;  // number of steps done, this one included
  double loss, gradient_norm, learning_rate, ema_decay;
  bool clipped = false;
  std::int64_t operations = 0;  // operations of matrix products and convolutions, forward and backward
  /// The held-out loss of the averaged weights, where config.validation_interval() ends.
  std::optional<double> held_out_loss = {};
  /// The errors of the interval's samples by noise level, from the least noise on, where config.log_interval() ends.
  std::vector<LevelErrors> levels = {};
};

/// Trains a network, one step after the other.  A batch is cut into shards by its size alone.  Each shard runs forward
/// and backward on one worker, and gradients are added in a fixed order.  The bits depend on neither threads nor
/// interruptions.
class Trainer {
 public:
  /// Trains `system` in place.
  Trainer(System system, Dataset training, TrainConfig config, std::uint64_t seed);
  /// Trains `network` under the objective of `config`.
  Trainer(std::shared_ptr<Network> network, const ForwardSde& sde, Dataset training, TrainConfig config,
          std::uint64_t seed);
  void augment(Augmentation augmentation) { augmentation_ = std::move(augmentation); }
  /// Measures the loss on these data, too; without samples it does nothing.
  void hold_out(const Dataset& held_out);

  /// Takes one step.  Throws NumericalError, before any parameter changes, where the loss or a gradient is not finite
  /// or the loss explodes.
  StepReport step();
  std::int64_t steps_done() const { return optimizer_->steps(); }
  /// Whether all steps are done, or the held-out loss no longer falls.
  bool finished() const { return steps_done() >= config_.steps || early_stop_.stops(); }
  const TrainConfig& config() const { return config_; }
  const EarlyStop& early_stop() const { return early_stop_; }

  /// The system with the averaged weights, in memory of its own.  Where config.patience asks for it, they are those of
  /// the least held-out loss.
  System averaged() const;
  /// The system with the average of the further decay config.emas[index].
  System averaged(std::size_t index) const { return own_copy(averages_.further(index)); }
  /// The power-function averages, from which fit_profile makes others; without tensors unless a snapshot is due.
  SafeTensors snapshot() const;
  /// Everything that the next step depends on.  A Trainer of the same arguments that restores it goes on bit for bit.
  /// Throws NumericalError where a parameter is not finite.
  SafeTensors state() const;
  /// Restores a state.  Throws ConfigError where it does not fit the network.
  void restore(const SafeTensors& state);

 private:
  struct Lane {
    std::unique_ptr<Network> network;
    std::unique_ptr<Objective> objective;
    std::vector<Tensor> leaves, gradients;
    double loss;
    std::int64_t operations;
    bool levels;  // whether samples have noise levels
  };
  void add_lane();
  void run_lane(std::int64_t lane, std::span<const std::int64_t> rows);
  Tensor gathered(std::span<const std::int64_t> rows, std::int64_t first) const;
  Shard shard(std::int64_t index, std::span<const std::int64_t> rows) const;
  void update(StepReport& report);
  void observe(StepReport& report);
  System own_copy(const NamedTensors& average) const;
  NamedTensors live_tensors() const;

  System system_;
  Dataset training_;
  TrainConfig config_;
  std::uint64_t seed_;
  Augmentation augmentation_;
  BatchOrder order_;
  std::vector<NamedParameter> parameters_;
  std::unique_ptr<Optimizer> optimizer_;
  Averages averages_;
  NoiseLevels noise_levels_;
  DivergenceGuard divergence_;
  std::optional<HeldOutLoss> held_out_;
  EarlyStop early_stop_;
  std::int64_t shard_rows_;
  std::vector<Lane> lanes_;
  std::vector<std::int64_t> pairs_;    // pairs of this step's samples and noise
  std::vector<double> label_, error_;  // labels and errors of this step's samples
};

/// Trains `network` in place until it is finished.  Returns it with the averaged weights.  `progress` sees every step,
/// and ends the training by returning false.
System train(std::shared_ptr<Network> network, const ForwardSde& sde, Dataset training, TrainConfig config = {},
             std::uint64_t seed = 0, const std::function<bool(const StepReport&)>& progress = {});

}  // namespace fokker
