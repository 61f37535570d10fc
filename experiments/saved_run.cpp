#include "fokker/experiments/saved_run.h"

#include <utility>

#include "fokker/experiments/read_experiment.h"

namespace fokker {

Experiment read_run(const std::filesystem::path& run) {
  require_own_config(run);
  return read_experiment(run / "config.toml");
}

SavedRun open_run(const std::filesystem::path& path, const AverageChoice& average) {
  Experiment experiment = read_run(path);
  return {load_run(path, average), std::move(experiment)};
}

}  // namespace fokker
