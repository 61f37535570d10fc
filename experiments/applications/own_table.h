#pragma once

#include <concepts>
#include <vector>

#include "fokker/core/config/config.h"
#include "fokker/experiments/runs/generate.h"

namespace fokker {

/// Without points in time of its own where the settings say how they are made.
void forget_times(SampleConfig& table, const Config& settings);

/// What a command or a method starts from: of the experiment's tables the one that the settings name, or else the first;
/// without tables the defaults.  Its name stays the experiment's own.
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

/// The same of [[sample]], but of the tables with the settings' solver where they name one: settings of a solver are for
/// that solver.
GenerateConfig own_samples(const std::vector<GenerateConfig>& tables, const Config& settings);

}  // namespace fokker
