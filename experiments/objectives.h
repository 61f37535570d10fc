#pragma once

#include <memory>
#include <span>

#include "fokker/core/shape.h"
#include "fokker/experiments/train_config.h"
#include "fokker/score/objective.h"
#include "fokker/sde/grey_levels.h"

namespace fokker {

/// What an objective has to know beside its settings.
struct ObjectiveContext {
  Shape sample = {};  // of one sample, in the units of the network
  std::uint64_t seed = 0;
  GreyLevels grey = {};  // of whole-number data
};

struct ObjectiveEntry {
  const char* name;
  const char* description;
  bool score;  // whether the trained network is a score, from which samples can be drawn
  std::shared_ptr<Objective> (*make)(const TrainConfig& config, const ForwardSde& sde, const ObjectiveContext& context);
  int channel_factor = 1;  // of the network's output: the channels that it returns for each of the data's
};
std::span<const ObjectiveEntry> objective_entries();

/// Throws ConfigError for an unknown name, or settings that the objective refuses.
const ObjectiveEntry& objective_entry(const std::string& name);
std::shared_ptr<Objective> make_objective(const TrainConfig& config, const ForwardSde& sde,
                                          const ObjectiveContext& context = {});

}  // namespace fokker
