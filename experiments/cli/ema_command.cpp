#include <span>

#include "fokker/experiments/cli/commands.h"
#include "fokker/experiments/saved_run.h"

namespace fokker {
namespace {

constexpr double usual_lengths[] = {0.02, 0.03, 0.04, 0.05, 0.06, 0.08, 0.1, 0.12, 0.15, 0.2, 0.25};

/// Writes one row; an average that the run cannot give says why.
void show(const std::filesystem::path& path, const AverageChoice& average, const std::string& name,
          const RunOptions& options) {
  if (options.stopping()) throw Cancelled("[ema] stopped by a signal");
  try {
    const TrainedRun run = load_run(path, average);
    const std::string wrong = average.length ? fmt::format("{:.2g} %", 100 * run.profile_error) : "";
    options.say(fmt::format("{:<16} {:>12} {:>12.6f}", name, wrong, held_out_loss(run)));
  } catch (const ConfigError& error) {
    if (!average.length) throw;
    options.say(fmt::format("{:<16} {}", name, error.what()));
  }
}

}  // namespace

int ema_command(const std::filesystem::path& path, const std::vector<double>& lengths, std::int64_t step,
                const RunOptions& options) {
  const TrainConfig config = open_run(path).experiment.train;
  require<ConfigError>(lengths.empty() || !config.ema_lengths.empty(),
                       "{}: the run kept no snapshots of averages; train with train.ema_lengths = [0.05, 0.1]",
                       path.string());
  options.say(fmt::format("{:<16} {:>12} {:>12}", "average", "fit off by", "held out"));
  show(path, {}, fmt::format("decay {}", config.ema), options);
  for (double decay : config.emas) show(path, {.decay = decay}, fmt::format("decay {}", decay), options);
  if (config.ema_lengths.empty()) return 0;
  const std::span<const double> chosen = lengths.empty() ? std::span<const double>(usual_lengths) : lengths;
  for (double length : chosen) show(path, {.length = length, .step = step}, fmt::format("length {}", length), options);
  return 0;
}

}  // namespace fokker
