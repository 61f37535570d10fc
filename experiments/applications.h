#pragma once

#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "fokker/experiments/findings.h"
#include "fokker/experiments/trained_run.h"

namespace fokker {

/// What an application works on, in the units of the data; undefined: held-out data of the run.
struct ApplicationInput {
  Tensor x = {};  // [N, …]
};

/// A use of a trained run with its settings.
using Application = std::function<Findings(const TrainedRun&, const ApplicationInput&, const RunOptions&)>;

/// One use of a trained run: `fokker NAME RUN key=value`, tables [[NAME]] of an experiment, and `run.NAME(…)` of Python.
struct ApplicationEntry {
  const char* name;
  const char* description;
  /// From settings such as "strength=0.5".
  Application (*with)(const std::vector<std::string>& settings);
  /// Of the tables [[NAME]] of an experiment, with their titles.
  std::vector<std::pair<std::string, Application>> (*of)(const Experiment& experiment);
};
std::span<const ApplicationEntry> application_entries();

/// Throws ConfigError for an unknown name, with the nearest ones.
const ApplicationEntry& application_entry(const std::string& name);

}  // namespace fokker
