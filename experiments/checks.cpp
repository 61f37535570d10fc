#include "fokker/experiments/checks.h"

#include <algorithm>

#include "fokker/core/base/memory.h"
#include "fokker/experiments/application_registry.h"
#include "fokker/experiments/runs/trained_run.h"
#include "fokker/experiments/training/shards.h"

namespace fokker {
namespace {

/// Computes one loss of one sample, which fails where data, network and objective do not fit each other.
void try_loss(const Model& model) {
  const Dataset& data = model.data().training;
  const std::int64_t first = 0;
  check_labels(*model.system.network, data);
  const Shard one =
      make_shard(*model.system.network, data, std::span(&first, 1), {.seed = 0, .step = 0, .first = 0, .batch = 1});
  model.system.objective->loss(*model.system.network, one);
}

/// Requires that each set of samples fits into the available memory.
void check_memory(const Experiment& experiment, const Model& model) {
  // In the units of the network, in those of the data, and in results.h5, which is built in memory.
  constexpr std::uint64_t copies = 3;
  const std::uint64_t each = copies * sizeof(float) * static_cast<std::uint64_t>(model.sample_shape.size());
  for (const GenerateConfig& config : experiment.sample) {
    const std::uint64_t bytes = each * static_cast<std::uint64_t>(config.n), available = available_memory();
    require<ConfigError>(bytes <= available,
                         "sample \"{}\": n = {} samples of {} take {}, and {} are available; lower n", config.title(),
                         config.n, model.sample_shape, size_text(bytes), size_text(available));
  }
}

/// Requires that the metrics can compare the samples with the data.
void check_sizes(const Experiment& experiment, const Model& model) {
  if (experiment.evaluate.metrics.empty()) return;
  const std::int64_t least = least_samples(experiment.evaluate);
  const std::int64_t held_out = std::min<std::int64_t>(model.data().held_out.size(), experiment.evaluate.limit);
  require<ConfigError>(
      experiment.sample.empty() || (held_out >= least && model.data().training.size() >= least),
      "evaluate.metrics: the samples are compared with data, at least {} for training and as many held out, got {} and "
      "{}; raise data.held_out or evaluate.limit, or set evaluate.metrics = []",
      least, model.data().training.size(), held_out);
  require<ConfigError>(
      std::ranges::count(experiment.evaluate.metrics, "modes") == 0 || model.data().training.classes() > 1,
      "evaluate.metrics: modes are the classes of labelled data, and \"{}\" has {}; leave \"modes\" out",
      model.data().training.name, model.data().training.classes());
  for (const GenerateConfig& config : experiment.sample)
    require<ConfigError>(config.n >= least,
                         "sample \"{}\": evaluate.metrics need n ≥ {}, got {}; raise n, or set evaluate.metrics = []",
                         config.title(), least, config.n);
}

/// Draws one sample in two steps by a score that knows nothing, which finds settings of a sampler that cannot work.
/// Throws ConfigError, which begins with the name of the table.
void rehearse(SampleConfig config, const Model& model, const std::string& table) {
  const Score silent = [](const Tensor& x, double) { return Tensor::zeros(x.shape(), x.dtype()); };
  config.n = 1;
  config.steps = std::min<std::int64_t>(config.step_count(), 2);
  if (!config.times.empty()) config.times.resize(static_cast<std::size_t>(config.steps) + 1);
  try {
    sample(silent, *model.sde, config, {.shape = model.sample_shape});
  } catch (const ConfigError& error) {
    throw ConfigError(fmt::format("{}: {}", table, error.what()));
  } catch (const NumericalError&) {  // two long steps of an untrained score say nothing of the trained one
  }
}

void rehearse_applications(const Experiment& experiment, const Model& model) {
  for (const auto& config : experiment.guidance_sweep) rehearse(config, model, "guidance_sweep");
  for (const auto& config : experiment.edit) rehearse(config, model, "edit");
  for (const auto& config : experiment.captions) rehearse(config, model, "captions");
  for (const auto& config : experiment.inpaint) rehearse(config.sampler, model, "inpaint");
  for (const auto& config : experiment.denoise)
    if (config.samples > 0) rehearse(config.sampler, model, "denoise");
  for (const auto& config : experiment.synthesise) rehearse(config.sampler, model, "synthesise");
}

}  // namespace

Model checked(Model model, const Experiment& experiment) {
  require<ConfigError>(experiment.train.patience == 0 || model.data().held_out.size() > 0,
                       "train.patience: the training ends by the loss on held-out data; raise data.held_out");
  try_loss(model);
  check_applications(experiment, model);
  rehearse_applications(experiment, model);
  check_sizes(experiment, model);
  check_memory(experiment, model);
  for (const GenerateConfig& config : experiment.sample) {
    const std::string table = fmt::format("sample \"{}\"", config.title());
    try {
      config.check(model);
    } catch (const ConfigError& error) {
      throw ConfigError(fmt::format("{}: {}", table, error.what()));
    }
    rehearse(config, model, table);
  }
  return model;
}

void check_experiment(const Experiment& experiment) { checked(build(experiment), experiment); }

}  // namespace fokker
