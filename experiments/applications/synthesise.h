#pragma once

#include "fokker/experiments/applications/application.h"
#include "fokker/experiments/applications/synthesis.h"

namespace fokker {

/// Labelled samples of a run whose network takes labels, for its training data, and their proof (`synthesise` of
/// synthesis.h).  Categorical columns of a table get one text each.  Throws ConfigError for a network without labels.
Findings synthesise(const TrainedRun& run, const SynthesiseConfig& config, const ApplicationInput& input,
                    const RunOptions& options);

}  // namespace fokker
