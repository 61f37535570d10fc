#pragma once

#include <filesystem>
#include <vector>

#include "fokker/core/optim/power_average.h"
#include "fokker/experiments/training/system.h"

namespace fokker {

/// An average of the weights that training did not keep.
struct PostHocAverage {
  NamedTensors tensors;
  std::int64_t snapshots;  // number of snapshots in the sum
  double error;            // relative error of its weights over time
};

/// Makes the power-function average `target` from the snapshots of a folder, step-NNNNNNNN.safetensors, each with
/// averages of `lengths` [karras2024].  A target with updates = 0 ends at the last snapshot.  Throws ConfigError
/// without snapshots, for a damaged one, for a step outside them, and where they are too few for the length.
PostHocAverage post_hoc_average(const std::filesystem::path& folder, const std::vector<double>& lengths,
                                PowerProfile target);

}  // namespace fokker
