#pragma once

#include <cstdint>
#include <vector>

#include "fokker/experiments/data/dataset.h"

namespace fokker {

/// For every sample, the first sample with the same values and target; a new sample is its own first.
std::vector<std::int64_t> first_copies(const Dataset& data);

/// How samples are held out.
struct SplitConfig {
  double held_out = 0.2;  // share, rounded up
  bool stratify = true;   // whether the classes have equal shares
  std::uint64_t seed = 0;
  bool own = false;  // whether to take the split that comes with the data, in place of a random one
};

/// Rows of the two parts, each in ascending order.
struct Split {
  std::vector<std::int64_t> training, held_out;
};

/// A random split, or with `own` that of data.held_out.  Copies of one sample stay in one part, so that nothing held
/// out has been trained on.  Without copies the held-out part has exactly ⌈held_out·N⌉ samples.
Split split_rows(const Dataset& data, const SplitConfig& config);

}  // namespace fokker
