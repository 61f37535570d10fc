#include "fokker/experiments/trained_run.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "fokker/experiments/post_hoc.h"

namespace fokker {
namespace {

namespace fs = std::filesystem;
constexpr std::int64_t trajectory_frames = 10;

std::string file_of_decay(double decay) { return fmt::format("model-ema-{}.safetensors", decay); }

void write_system(const fs::path& file, const System& system) {
  SafeTensors weights;
  for (const auto& p : system.parameters()) weights.tensors.emplace_back(p.name, p.tensor->detach());
  write_safetensors(file, weights);
}

/// Errors name the file.
void load(const System& system, const fs::path& file) {
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

}  // namespace

void write_weights(const fs::path& run, const Trainer& trainer) {
  const auto& decays = trainer.config().emas;
  for (std::size_t i = 0; i < decays.size(); ++i) write_system(run / file_of_decay(decays[i]), trainer.averaged(i));
  write_system(run / weights_file, trainer.averaged());
}

TrainedRun load_run(const fs::path& path, const AverageChoice& average) {
  require<ConfigError>(!average.decay || !average.length, "[average] expected a decay or a length, got both: {} and {}",
                       average.decay.value_or(0), average.length.value_or(0));
  require<ConfigError>(average.step == 0 || average.length, "[average] a step goes with a length, got step {} alone",
                       average.step);
  TrainedRun run{.experiment = read_experiment(path / "config.toml"), .model = {}, .score = {}};
  std::error_code failure;
  require<ConfigError>(fs::exists(path / weights_file, failure),
                       "{}: the training of this run is not done; finish it with `fokker resume {}`", path.string(),
                       path.string());
  run.model = build(run.experiment);
  const TrainConfig& config = run.experiment.train;
  load(run.model.system, path / file_of(config, average));
  if (average.length) {
    const PostHocAverage made =
        post_hoc_average(path / "averages", config.ema_lengths, {.length = *average.length, .updates = average.step});
    load_parameters(run.model.system.trainable_parameters(), made.tensors);
    run.snapshots = made.snapshots;
    run.profile_error = made.error;
  }
  run.model.sde = run.model.system.sde();
  if (objective_entry(config.objective).score) run.score = run.model.system.score();
  run.log_variance_ratio = run.model.system.log_variance_ratio();
  return run;
}

double held_out_loss(const TrainedRun& run) {
  require<ConfigError>(run.model.data.held_out.size() > 0,
                       "[held out] the run has no held-out data; train with "
                       "data.held_out above 0");
  const TrainConfig& config = run.experiment.train;
  return HeldOutLoss(run.model.data.held_out, config, run.experiment.seed)(run.model.system, config.steps);
}

Samples sample(const Model& model, const GenerateConfig& config, const RunOptions& options) {
  SampleOptions sampling{.shape = model.sample_shape, .trajectory = trajectory_frames};
  sampling.progress = options.watching("sampling " + config.title());
  Samples samples = sample(score_of(model, config, options), *model.sde, config, sampling);
  samples.values = model.data.scaling.invert(samples.values);
  if (samples.trajectory.defined()) samples.trajectory = model.data.scaling.invert(samples.trajectory);
  return samples;
}

}  // namespace fokker
