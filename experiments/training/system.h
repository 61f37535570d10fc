#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "fokker/core/nn/module.h"
#include "fokker/score/networks/tokenizer.h"
#include "fokker/score/objectives/objective.h"

namespace fokker {

using NamedTensors = std::vector<std::pair<std::string, Tensor>>;

/// A network and the objective that trains it.  Together they make a score.
struct System {
  std::shared_ptr<Network> network;
  std::shared_ptr<Objective> objective;
  Tokenizer tokenizer = {};  // tokenizer of the captions that the network takes

  /// The parameters of the network by their names, then those of the objective under "objective.".
  std::vector<NamedParameter> parameters() const;
  std::vector<NamedParameter> trainable_parameters() const;
  /// The score under a condition.  Sample i is under row i of the condition; a condition with fewer rows is repeated.
  Score score(const Condition& condition = {}) const;
  LogVarianceRatio log_variance_ratio() const { return objective->log_variance_ratio(network); }
  std::shared_ptr<const ForwardSde> sde() const { return objective->sde(); }
  /// A system that shares all parameters but the trainable ones.  These get the values of `trainable`, in their order,
  /// in memory of their own.
  System with(const NamedTensors& trainable) const;
};

}  // namespace fokker
