#pragma once

#include <string>
#include <vector>

#include "fokker/core/io/safetensors.h"
#include "fokker/core/optim/optimizer.h"
#include "fokker/experiments/training/system.h"
#include "fokker/experiments/training/train_config.h"

namespace fokker {

/// The averages of the weights that a training keeps.  One has the decay train.ema, others have the decays train.emas,
/// and others are power functions of the lengths train.ema_lengths.
class Averages {
 public:
  /// Starts all averages at the present values of the parameters.
  Averages(const std::vector<NamedParameter>& parameters, const TrainConfig& config);
  void update();
  double decay_now() const { return main_.decay_now(); }
  void set_updates(std::int64_t updates);

  const NamedTensors& main() const { return main_.averages(); }
  /// The average of the further decay train.emas[index].
  const NamedTensors& further(std::size_t index) const { return further_[index].averages(); }
  /// All averages in live memory, under names that begin with "ema.", "ema-DECAY." and "length-LENGTH.".
  NamedTensors state() const;
  /// The power-function averages under "length-LENGTH.", with the step.
  SafeTensors snapshot() const;

 private:
  NamedTensors power_averages() const;

  std::vector<double> decays_, lengths_;
  Ema main_;
  std::vector<Ema> further_, power_;
};

}  // namespace fokker
