#include "fokker/core/config.h"
#include "fokker/experiments/commands.h"
#include "fokker/experiments/data_likelihood.h"

namespace fokker {

int likelihood_command(const std::filesystem::path& path, const std::vector<std::string>& settings,
                       const RunOptions& options) {
  Config document;
  for (const auto& setting : settings) document.set(setting);
  const auto config = read<DataLikelihoodConfig>(document, {});
  const TrainedRun run = load_run(path);
  const RunDirectory directory = RunDirectory::open(path);
  const auto results = directory.file("results.h5");
  Hdf5File file = Hdf5File::open(results);
  const DataLikelihood found = data_likelihood(run, config, options);
  write_likelihood(file, found);
  file.save(results);
  for (const auto& line : likelihood_lines(found)) options.say(line);
  options.say(fmt::format("wrote    {}", results.string()));
  return 0;
}

}  // namespace fokker
