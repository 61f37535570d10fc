#include "fokker/core/config/config.h"
#include "fokker/experiments/cli/commands.h"
#include "fokker/experiments/runs/data_likelihood.h"
#include "fokker/experiments/saved_run.h"

namespace fokker {

int likelihood_command(const std::filesystem::path& path, const std::vector<std::string>& settings,
                       const RunOptions& options) {
  Config document;
  for (const auto& setting : settings) document.set(setting);
  const auto config = read<DataLikelihoodConfig>(document, {});
  const SavedRun run = open_run(path);
  open_results(path);  // before the work: what it holds is intact
  const DataLikelihood found = data_likelihood(run, config, options);
  for (const auto& line : likelihood_lines(found)) options.say(line);
  const RunDirectory directory = RunDirectory::open_when_free(path, options);
  Hdf5File file = open_results(path);
  write_likelihood(file, found);
  save_results(path, file);
  options.say(fmt::format("wrote    {}", directory.file(results_name).string()));
  return 0;
}

}  // namespace fokker
