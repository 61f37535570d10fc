#pragma once

#include "fokker/experiments/experiment.h"

namespace fokker {

/// Finds settings of the samplers, metrics and applications that cannot work before hours of training do, and gives the
/// model back; throws ConfigError or ShapeError.
Model checked(Model model, const Experiment& experiment);

/// Builds the model of an experiment for these checks alone.
void check_experiment(const Experiment& experiment);

}  // namespace fokker
