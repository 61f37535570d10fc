#pragma once

#include <memory>
#include <span>

#include "fokker/core/base/shape.h"
#include "fokker/experiments/training/train_config.h"
#include "fokker/score/objectives/objective.h"
#include "fokker/sde/grey_levels.h"

namespace fokker {

/// What an objective has to know beside its settings.
struct ObjectiveContext {
  Shape sample = {};  // shape of one sample, in the units of the network
  std::uint64_t seed = 0;
  GreyLevels grey = {};  // grey levels of whole-number data
};

/// One objective of the table.
struct ObjectiveEntry {
  const char* name;
  const char* description;
  bool score;  // whether the trained network is a score, from which samples can be drawn
  std::shared_ptr<Objective> (*make)(const TrainConfig& config, const ForwardSde& sde, const ObjectiveContext& context);
  int channel_factor = 1;  // channels that the network returns for each channel of the data
  bool implicit = false;   // whether it is a generator, whose score says nothing of likelihoods
};
std::span<const ObjectiveEntry> objective_entries();

/// The levels of a generator: 0 for "gan", train.levels for "ddgan".  Throws ConfigError where the two do not fit.
std::int64_t generator_levels(const TrainConfig& config);
/// The number of noise channels that the network takes beside those of the data.
std::int64_t latent_channels(const TrainConfig& config);

/// Finds an objective.  Throws ConfigError for an unknown name, or for settings that the objective refuses.
const ObjectiveEntry& objective_entry(const std::string& name);
std::shared_ptr<Objective> make_objective(const TrainConfig& config, const ForwardSde& sde,
                                          const ObjectiveContext& context = {});

}  // namespace fokker
