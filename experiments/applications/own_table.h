#pragma once

#include <concepts>
#include <vector>

#include "fokker/core/config/config.h"
#include "fokker/experiments/runs/generate.h"

namespace fokker {

/// Removes the table's own points in time where the settings say how times are made.
void forget_times(SampleConfig& table, const Config& settings);

/// The table that a command or a method starts from: the experiment's table that the settings name, else the first one,
/// else the defaults.  The table loses its name.
template <class C>
C own_table(const std::vector<C>& tables, const Config& settings) {
  const ConfigNode* name = settings.root().find("name");
  C table = tables.empty() ? C{} : tables.front();
  for (const C& other : tables)
    if (name && name->text == other.name) table = other;
  table.name = C{}.name;
  if constexpr (std::derived_from<C, SampleConfig>) forget_times(table, settings);
  return table;
}

/// The table [[sample]] to start from, as own_table finds it.  Where the settings name a solver, only the tables with
/// this solver are considered, because settings of a solver are for that solver.
GenerateConfig own_samples(const std::vector<GenerateConfig>& tables, const Config& settings);

}  // namespace fokker
