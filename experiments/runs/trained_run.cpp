#include "fokker/experiments/runs/trained_run.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "fokker/core/io/file.h"
#include "fokker/core/io/safetensors.h"
#include "fokker/experiments/runs/run_files.h"
#include "fokker/experiments/training/post_hoc.h"

namespace fokker {
namespace {

namespace fs = std::filesystem;

std::string file_of_decay(double decay) { return fmt::format("model-ema-{}.safetensors", decay); }

void write_system(const fs::path& run, const std::string& name, const System& system) {
  SafeTensors weights;
  for (const auto& p : system.parameters()) weights.tensors.emplace_back(p.name, p.tensor->detach());
  write_run_file(run, name, encode_safetensors(weights));
}

/// Reads a file of the run.  Errors name the file.
void load(const System& system, const fs::path& run, const std::string& name) {
  require_intact(run, name, "put the file back, or remove it and `fokker resume` makes it again");
  const fs::path file = run / name;
  const NamedTensors tensors = read_safetensors(file).tensors;
  try {
    load_parameters(system.parameters(), tensors);
  } catch (const ShapeError& error) {
    throw ShapeError(fmt::format("{}: {}", file.string(), error.what()));
  } catch (const ConfigError& error) {
    throw ConfigError(fmt::format("{}: {}", file.string(), error.what()));
  }
}

/// The file of the average that is not made from snapshots.
std::string file_of(const TrainConfig& config, const AverageChoice& average) {
  if (!average.decay || *average.decay == config.ema) return weights_file;
  const bool known = std::ranges::find(config.emas, *average.decay) != config.emas.end();
  require<ConfigError>(known,
                       "[average] expected a decay that the run kept: train.ema = {} or train.emas = [{}], got {}",
                       config.ema, fmt::join(config.emas, ", "), *average.decay);
  return file_of_decay(*average.decay);
}

/// The tables of the model, of all that the run's config has.
ModelConfig read_model_config(const fs::path& run) {
  require_own_config(run);
  const Config whole = Config::load(run / "config.toml");
  ConfigNode own{.place = whole.root().place};
  for (const ConfigRow& row : describe<ModelConfig>()) {
    const std::string key = row.key.substr(0, row.key.find('.'));
    const ConfigNode* item = whole.root().find(key);
    if (!item || own.find(key)) continue;
    own.keys.push_back(key);
    own.items.push_back(*item);
  }
  return read<ModelConfig>(Config(std::move(own)));
}

}  // namespace

void write_weights(const fs::path& run, const Trainer& trainer) {
  const auto& decays = trainer.config().emas;
  for (std::size_t i = 0; i < decays.size(); ++i) write_system(run, file_of_decay(decays[i]), trainer.averaged(i));
  write_system(run, weights_file, trainer.averaged());
}

void require_own_config(const fs::path& run) {
  require_plain_files(run);
  require_intact(
      run, "config.toml",
      "a run keeps its config: put the old one back, and start a new run from the changed one by `fokker run "
      "FILE --out FOLDER`");
}

std::optional<DataFacts> read_run_facts(const fs::path& run) {
  std::error_code failure;
  if (!fs::exists(run / facts_file, failure)) return std::nullopt;
  require_intact(run, facts_file, "put the file back, or remove it, and the run's data are read again");
  return read_facts(read_text_file(run / facts_file), (run / facts_file).string());
}

TrainedRun trained_run(ModelConfig config, Model model) {
  TrainedRun run{.config = std::move(config), .model = std::move(model), .score = {}};
  const System& system = run.model.system;
  run.model.sde = system.sde();
  if (objective_entry(run.config.train.objective).score) run.score = system.score();
  run.log_variance_ratio = system.log_variance_ratio();
  return run;
}

TrainedRun load_run(const fs::path& path, const AverageChoice& average) {
  require<ConfigError>(!average.decay || !average.length, "[average] expected a decay or a length, got both: {} and {}",
                       average.decay.value_or(0), average.length.value_or(0));
  require<ConfigError>(average.step == 0 || average.length, "[average] a step goes with a length, got step {} alone",
                       average.step);
  const ModelConfig config = read_model_config(path);
  std::error_code failure;
  require<ConfigError>(fs::exists(path / weights_file, failure),
                       "{}: the training of this run is not done; finish it with `fokker resume {}`", path.string(),
                       path.string());
  auto facts = read_run_facts(path);
  Model model = facts ? build(config, std::move(*facts)) : build(config);
  load(model.system, path, file_of(config.train, average));
  PostHocAverage made{};
  if (average.length) {
    made = post_hoc_average(path / "averages", config.train.ema_lengths,
                            {.length = *average.length, .updates = average.step});
    load_parameters(model.system.trainable_parameters(), made.tensors);
  }
  TrainedRun run = trained_run(config, std::move(model));
  run.snapshots = made.snapshots;
  run.profile_error = made.error;
  return run;
}

double held_out_loss(const TrainedRun& run) {
  require<ConfigError>(run.model.data().held_out.size() > 0,
                       "[held out] the run has no held-out data; train with "
                       "data.held_out above 0");
  const TrainConfig& config = run.config.train;
  return HeldOutLoss(run.model.data().held_out, config, run.config.seed)(run.model.system, config.steps);
}

}  // namespace fokker
