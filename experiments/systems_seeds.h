#pragma once

#include <string>
#include <vector>

#include "fokker/experiments/runs/data_likelihood.h"
#include "fokker/experiments/runs/results.h"

namespace fokker {

/// A run, and what of it a table of systems shows.
struct TableSystem {
  std::string name = {}, objective = {};
  std::uint64_t seed = 0;
  double training_seconds = 0;
  std::vector<BoundRow> bounds = {};  // empty where the model has no likelihood
  std::vector<SampleSet> sets = {};
  ValueRange range = {};
  bool failed = false;  // numbers that are not finite: nothing else is known
};

/// A row for each system and sampler, in Markdown: every figure's mean over seeds with the half width of its 95 % interval,
/// and the failures.  A seed fails where numbers were not finite, or samples cover fewer than half as many modes as real
/// data do; the figures of the latter are in the means.
std::vector<std::string> seeds_table(const std::vector<TableSystem>& runs);

/// /systems/NAME/samplers/SAMPLER/FIGURE, an entry for each seed (NaN: unknown), with `failed` among the figures.
Hdf5File seeds_file(const std::vector<TableSystem>& runs, const std::string& config);

}  // namespace fokker
