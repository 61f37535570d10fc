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

/// A use of a trained run, with its settings.
using Application = std::function<Findings(const TrainedRun&, const ApplicationInput&, const RunOptions&)>;

/// One kind of use of a trained run: `fokker NAME RUN key=value`, tables [[NAME]] of an experiment, and `run.NAME(…)`
/// of Python.
struct ApplicationEntry {
  const char* name;
  const char* description;
  /// Makes the application with `settings` over the experiment's own table [[NAME]], which `own_table` finds.  Returns
  /// it with its name.
  std::pair<std::string, Application> (*with)(const Config& settings, const Experiment& experiment);
  /// Makes an application of each table [[NAME]] of an experiment, with their names.
  std::vector<std::pair<std::string, Application>> (*of)(const Experiment& experiment);
  /// The keys of a table [[NAME]].
  std::vector<ConfigRow> (*keys)();
  /// Throws ConfigError for tables of an experiment that cannot work with its model, trained or not.
  void (*check)(const Experiment& experiment, const Model& model);
};
std::span<const ApplicationEntry> application_entries();

/// Finds an application by name.  Throws ConfigError for an unknown name.
const ApplicationEntry& application_entry(const std::string& name);
/// Checks all tables of an experiment before its training.  Throws ConfigError for one that cannot work.
void check_applications(const Experiment& experiment, const Model& model);
/// All applications that an experiment asks for, in the order of the registry.  Throws ConfigError where two have one
/// name.
std::vector<std::pair<std::string, Application>> applications_of(const Experiment& experiment);

}  // namespace fokker
