#include "fokker/experiments/experiment.h"

#include <set>

namespace fokker {
namespace {

/// Rules between tables, which no single field can say.
void check(const Experiment& experiment) {
  require<ConfigError>(experiment.name.find_first_of("/\\") == std::string::npos && experiment.name != "..",
                       "name: expected the name of one folder, got {}", experiment.name);
  require<ConfigError>(objective_entry(experiment.train.objective).score || experiment.sample.empty(),
                       "sample: a network trained by train.objective = \"{}\" is no score to sample from; remove the "
                       "tables [[sample]]",
                       experiment.train.objective);
  std::set<std::string> names;
  for (const auto& sample : experiment.sample) {
    const bool unconditional = !sample.conditional() || (sample.guidance.strength != 1 && sample.guidance.weak.empty());
    require<ConfigError>(
        !unconditional || experiment.network.classes == 0 || experiment.network.label_dropout > 0,
        "sample \"{}\": unconditional samples and guidance take the null label, which a network has with "
        "network.label_dropout > 0; got network.classes = {} and network.label_dropout = 0",
        sample.title(), experiment.network.classes);
    require<ConfigError>(names.insert(sample.title()).second,
                         "sample: two sets of samples are called {}; give one of them another name", sample.title());
  }
}

}  // namespace

Experiment read_experiment(const std::filesystem::path& path, const std::vector<std::string>& overrides) {
  Config document = Config::load(path);
  for (const auto& assignment : overrides) document.set(assignment);
  Experiment experiment = read<Experiment>(document);
  try {
    check(experiment);
  } catch (const ConfigError& error) {
    throw ConfigError(fmt::format("{}: {}", path.string(), error.what()));
  }
  return experiment;
}

Model build(const Experiment& experiment) {
  Model model{.data = prepare(experiment.data, experiment.seed),
              .sde = make_sde(experiment.sde),
              .system = {},
              .sample_shape = {}};
  model.sample_shape = sample_shape(model.data.training);
  NetworkConfig network = experiment.network;
  const int factor = objective_entry(experiment.train.objective).channel_factor;
  if (network.out_channels == 0 && factor > 1)
    network.out_channels = factor * model.sample_shape[model.sample_shape.rank() - 1];
  model.system.network = make_network(network, model.sample_shape, Rng(experiment.seed, Stream::initialisation));
  model.system.objective =
      make_objective(experiment.train, *model.sde,
                     {.sample = model.sample_shape, .seed = experiment.seed, .grey = grey_levels(model.data)});
  return model;
}

Dataset in_data_units(const Dataset& part, const Prepared& data) {
  Dataset result = part;
  if (part.x.defined()) result.x = data.scaling.invert(part.x);
  result.range = data.range;
  return result;
}

}  // namespace fokker
