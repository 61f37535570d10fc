#pragma once

#include <string>
#include <vector>

#include "fokker/core/io/safetensors.h"
#include "fokker/core/optim/optimizer.h"
#include "fokker/experiments/training/system.h"
#include "fokker/experiments/training/train_config.h"

namespace fokker {

/// The averages of the weights that a training keeps: of decay train.ema, of the further decays train.emas, and with the
/// power functions of the lengths train.ema_lengths.
class Averages {
 public:
  Averages(const std::vector<NamedParameter>& parameters, const TrainConfig& config);
  void update();
  double decay_now() const { return main_.decay_now(); }
  void set_updates(std::int64_t updates);

  const NamedTensors& main() const { return main_.averages(); }
  /// Of the further decay `index`.
  const NamedTensors& further(std::size_t index) const { return further_[index].averages(); }
  /// All of them behind "ema.", "ema-DECAY." and "length-LENGTH.", in live memory.
  NamedTensors state() const;
  /// The power-function averages behind "length-LENGTH.", with the step.
  SafeTensors snapshot() const;

 private:
  NamedTensors power_averages() const;

  std::vector<double> decays_, lengths_;
  Ema main_;
  std::vector<Ema> further_, power_;
};

}  // namespace fokker
