#pragma once

#include "fokker/experiments/experiment.h"

namespace fokker {

/// Builds the model, and finds settings of the samplers, metrics and applications that cannot work before hours of
/// training do; throws ConfigError or ShapeError.
Model build_checked(const Experiment& experiment);

/// The same without the model.
void check_experiment(const Experiment& experiment);

}  // namespace fokker
