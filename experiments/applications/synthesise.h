#pragma once

#include "fokker/experiments/applications/application.h"
#include "fokker/experiments/applications/synthesis.h"

namespace fokker {

/// Draws labelled samples of a run and judges them against its training data (`synthesise` of synthesis.h).
/// Categorical columns of a table get one text each.  Throws ConfigError for a network without labels.
Findings synthesise(const TrainedRun& run, const SynthesiseConfig& config, const ApplicationInput& input,
                    const RunOptions& options);

}  // namespace fokker
