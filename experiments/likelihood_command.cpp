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
  if (!options.line) return 0;
  options.line(fmt::format("held-out {} samples, {:.4g} evaluations each, {:.2f} s", found.bits.size(),
                           found.likelihood.latent.nfe(), found.likelihood.latent.seconds));
  options.line(fmt::format("bits per dimension {:.4f} ± {:.4f}", found.mean, found.half_width));
  options.line(fmt::format("wrote    {}", results.string()));
  return 0;
}

}  // namespace fokker
