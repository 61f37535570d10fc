#pragma once

#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "fokker/experiments/applications/inputs.h"
#include "fokker/experiments/experiment.h"
#include "fokker/experiments/report/findings.h"

namespace fokker {

/// A use of a trained run with its settings.
using Application = std::function<Findings(const TrainedRun&, const ApplicationInput&, const RunOptions&)>;

/// One use of a trained run: `fokker NAME RUN key=value`, tables [[NAME]] of an experiment, and `run.NAME(…)` of Python.
struct ApplicationEntry {
  const char* name;
  const char* description;
  /// With settings over the experiment's own table [[NAME]], as `own_table` finds it, and what it is called.
  std::pair<std::string, Application> (*with)(const Config& settings, const Experiment& experiment);
  /// Of the tables [[NAME]] of an experiment, with what they are called.
  std::vector<std::pair<std::string, Application>> (*of)(const Experiment& experiment);
  std::vector<ConfigRow> (*keys)();
  /// Finds tables of an experiment that cannot work with its model, trained or not; throws ConfigError.
  void (*check)(const Experiment& experiment, const Model& model);
};
std::span<const ApplicationEntry> application_entries();

/// Throws ConfigError for an unknown name.
const ApplicationEntry& application_entry(const std::string& name);
/// All tables of an experiment, before its training.
void check_applications(const Experiment& experiment, const Model& model);
/// All that an experiment asks for, in the order of the registry.  Throws ConfigError where two have one name.
std::vector<std::pair<std::string, Application>> applications_of(const Experiment& experiment);

}  // namespace fokker
