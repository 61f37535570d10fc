#pragma once

#include "fokker/experiments/experiment.h"

namespace fokker {

/// Checks the samplers, metrics and applications of an experiment before hours of training, and returns the model.
/// Throws ConfigError or ShapeError for settings that cannot work.
Model checked(Model model, const Experiment& experiment);

/// Builds the model of an experiment for these checks alone.
void check_experiment(const Experiment& experiment);

}  // namespace fokker
