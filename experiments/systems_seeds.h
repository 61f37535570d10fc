#pragma once

#include <string>
#include <vector>

#include "fokker/experiments/runs/data_likelihood.h"
#include "fokker/experiments/runs/results.h"

namespace fokker {

/// A run, and what a table of systems shows of it.
struct TableSystem {
  std::string name = {}, objective = {};
  std::uint64_t seed = 0;
  double training_seconds = 0;
  std::vector<BoundRow> bounds = {};  // empty where the model has no likelihood
  std::vector<SampleSet> sets = {};
  ValueRange range = {};
  bool failed = false;  // whether numbers were not finite; nothing else is then known
};

/// A table in Markdown with a row for each system and sampler.  It has every figure's mean over seeds with the half
/// width of its 95 % interval, and the number of failures.  A seed fails where numbers were not finite, or where
/// samples cover fewer than half as many modes as real data do.  Figures of seeds of the second kind are in the means.
std::vector<std::string> seeds_table(const std::vector<TableSystem>& runs);

/// The file of /systems/NAME/samplers/SAMPLER/FIGURE with an entry for each seed (NaN: unknown).  `failed` is one of
/// the figures.
Hdf5File seeds_file(const std::vector<TableSystem>& runs, const std::string& config);

}  // namespace fokker
