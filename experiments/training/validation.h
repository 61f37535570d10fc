#pragma once

#include <optional>

#include "fokker/experiments/data/dataset.h"
#include "fokker/experiments/training/system.h"
#include "fokker/experiments/training/train_config.h"

namespace fokker {

/// The loss on held-out samples, each with the same noise and time at every call.
class HeldOutLoss {
 public:
  /// Chooses config.validate_samples of `held_out` by the seed.
  HeldOutLoss(const Dataset& held_out, const TrainConfig& config, std::uint64_t seed);
  /// The loss after a step.  Throws NumericalError where it is not finite.
  double operator()(const System& system, std::int64_t step) const;

 private:
  Dataset samples_;
  std::uint64_t seed_;
};

/// Ends a training whose held-out loss no longer falls, and remembers the best average.
class EarlyStop {
 public:
  /// Ends it after `patience` validations without a new least loss; 0: never.
  EarlyStop(std::int64_t patience, const NamedTensors& average);
  void see(std::int64_t step, double loss, const NamedTensors& average);
  bool stops() const { return patience_ > 0 && waited() >= patience_; }
  /// The average of the least held-out loss so far; none without patience, or before the first validation.
  const NamedTensors* best() const { return best_.empty() || best_step() == 0 ? nullptr : &best_; }
  std::int64_t best_step() const { return static_cast<std::int64_t>(record_.at(0)); }
  double best_loss() const { return record_.at(1); }
  /// The state in live memory; empty without patience.
  NamedTensors state() const;

 private:
  std::int64_t waited() const { return static_cast<std::int64_t>(record_.at(2)); }

  std::int64_t patience_;
  Tensor record_ = Tensor::zeros({3}, Dtype::f64);  // best step, its loss, validations since
  NamedTensors best_;
};

}  // namespace fokker
