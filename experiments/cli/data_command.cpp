#include <fmt/format.h>

#include "fokker/core/config/config.h"
#include "fokker/core/io/file.h"
#include "fokker/experiments/cli/commands.h"
#include "fokker/experiments/data/describe.h"
#include "fokker/experiments/data/prepare.h"
#include "fokker/experiments/data/prepared_file.h"
#include "fokker/experiments/data/registry.h"
#include "fokker/experiments/report/pictures.h"

namespace fokker {

int describe_command(const std::string& source, const std::vector<std::string>& settings, const RunOptions& options) {
  const auto config = read<DescribeConfig>(Config::of(settings));
  const Dataset data = load_dataset(source, {.n = config.n, .seed = config.seed, .allow_missing = true});
  for (const auto& line : description_lines(describe(data))) options.say(line);
  return 0;
}

int prepare_command(const std::string& source, const std::vector<std::string>& settings,
                    const std::filesystem::path& out, const RunOptions& options) {
  require<ConfigError>(!out.empty(), "[data] expected --out FILE.h5 for the prepared data");
  require_file_place(out);
  require<ConfigError>(out.extension() != ".png",
                       "[data] --out {} has the name of the picture that is written beside the data; name it FILE.h5",
                       out.string());
  PrepareConfig defaults;
  defaults.source = source;
  const auto config = read<PrepareConfig>(Config::of(settings), defaults);
  const Prepared data = prepare(config, config.seed);
  prepared_file(data, config).save(out);
  for (const auto& step : data.report)
    options.say(fmt::format("{:<11} {:>6} -> {:<6} {}", step.step, step.before, step.after, step.change));
  options.say(fmt::format("wrote       {}; train on it with data.source = \"hdf5:{}#training/x\", scaling = \"none\"",
                          out.string(), out.string()));
  const auto picture = std::filesystem::path(out).replace_extension(".png");
  const Dataset& part = data.training;
  if (write_grid(picture, part.x, {.range = part.range, .signals = part.signals}))
    options.say(fmt::format("wrote       {}", picture.string()));
  return 0;
}

}  // namespace fokker
