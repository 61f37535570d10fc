#include "fokker/experiments/read_experiment.h"

#include <fmt/ranges.h>

#include <cmath>
#include <set>

#include "fokker/core/io/file.h"
#include "fokker/experiments/application_registry.h"
#include "fokker/score/objectives/adversarial.h"

namespace fokker {
namespace {

/// Throws ConfigError where a generator is asked for other times than its own.
void check_generator(const Experiment& experiment) {
  const auto sde = make_sde(experiment.sde);
  const auto times = generator_times(*sde, generator_levels(experiment.train));
  for (const auto& sample : experiment.sample) {
    bool own = sample.times.size() == times.size() && sample.denoises();
    for (std::size_t i = 0; own && i < times.size(); ++i) own = std::abs(sample.times[i] - times[i]) < 1e-9;
    require<ConfigError>(own,
                         "sample: the generator of train.objective = \"{}\" makes samples \"{}\" at its own times, the "
                         "last without noise: set solver = \"ancestral\" and times = [{}], and leave denoise at true",
                         experiment.train.objective, sample.title(), fmt::join(times, ", "));
  }
}

/// Checks rules between tables, which no single field can say.
void check(const Experiment& experiment) {
  require_file_name(experiment.name, "name");
  applications_of(experiment);  // checks their names
  require<ConfigError>(objective_entry(experiment.train.objective).score || experiment.sample.empty(),
                       "sample: a network trained by train.objective = \"{}\" is no score to sample from; remove the "
                       "tables [[sample]]",
                       experiment.train.objective);
  if (objective_entry(experiment.train.objective).implicit) check_generator(experiment);
  std::set<std::string> names;
  for (const auto& sample : experiment.sample) {
    require_file_name(sample.title(), "sample");
    require<ConfigError>(sample.title() != "likelihood",
                         "sample: /evaluation/likelihood of the results holds the bounds; choose another name than "
                         "likelihood");
    const bool unconditional = !sample.conditional() || (sample.guidance.strength != 1 && sample.guidance.weak.empty());
    require<ConfigError>(
        !unconditional || (experiment.network.classes == 0 && experiment.network.text_width == 0) ||
            experiment.network.label_dropout > 0,
        "sample \"{}\": unconditional samples and guidance take the null label or the empty caption, which a network "
        "has with network.label_dropout > 0; got network.classes = {} and network.label_dropout = 0",
        sample.title(), experiment.network.classes);
    require<ConfigError>(names.insert(sample.title()).second,
                         "sample: two sets of samples are called {}; give one of them another name", sample.title());
  }
}

/// Fills in the grid, clock and end of each sampler, so that the run's own configuration says them.
void state_samplers(Experiment& experiment) {
  const auto state = [](auto& tables) {
    for (auto& table : tables) table.use_defaults();
  };
  state(experiment.sample);
  state(experiment.guidance_sweep);
  state(experiment.edit);
  state(experiment.captions);
  for (auto& table : experiment.inpaint) table.sampler.use_defaults();
  for (auto& table : experiment.synthesise) table.sampler.use_defaults();
}

}  // namespace

Experiment read_experiment(const std::filesystem::path& path, const std::vector<std::string>& overrides) {
  Config document = Config::load(path);
  for (const auto& assignment : overrides) document.set(assignment);
  const Experiment defaults;
  Experiment experiment = read<Experiment>(document, defaults);
  try {
    check(experiment);
  } catch (const ConfigError& error) {
    throw ConfigError(fmt::format("{}: {}", path.string(), error.what()));
  }
  state_samplers(experiment);
  return experiment;
}

}  // namespace fokker
