#include "fokker/experiments/commands.h"

#include <fmt/ranges.h>

#include <nlohmann/json.hpp>

#include "fokker/core/file.h"
#include "fokker/experiments/pictures.h"
#include "fokker/experiments/provenance.h"
#include "fokker/experiments/systems.h"

namespace fokker {
namespace {

Experiment prepare_experiment(const std::filesystem::path& config, const std::vector<std::string>& overrides,
                              bool only_train) {
  Experiment experiment = read_experiment(config, overrides);
  if (!only_train) return experiment;
  Experiment training;  // without samples and applications
  training.name = experiment.name;
  training.seed = experiment.seed;
  training.data = experiment.data;
  training.sde = experiment.sde;
  training.network = experiment.network;
  training.train = experiment.train;
  training.evaluate = experiment.evaluate;
  return training;
}

}  // namespace

int run_command(const std::filesystem::path& config, const std::vector<std::string>& overrides,
                const std::vector<std::string>& sweep, const RunTarget& target, const RunOptions& options) {
  if (describes_systems(config)) {
    require<ConfigError>(sweep.empty() && !target.only_train,
                         "{}: a table of systems is run whole; use `fokker run` without a sweep", config.string());
    run_systems(config, overrides, target.out, options);
    return 0;
  }
  if (sweep.empty()) {
    run(prepare_experiment(config, overrides, target.only_train), target.out, options);
    return 0;
  }
  const auto combinations = expand_sweep(sweep);
  for (const auto& combination : combinations) {  // every config is checked before the first run starts
    auto all = overrides;
    all.insert(all.end(), combination.begin(), combination.end());
    prepare_experiment(config, all, target.only_train);
  }
  for (std::size_t i = 0; i < combinations.size() && !options.stopping(); ++i) {
    auto all = overrides;
    all.insert(all.end(), combinations[i].begin(), combinations[i].end());
    options.say(fmt::format("run {} of {}: {}", i + 1, combinations.size(), fmt::join(combinations[i], " ")));
    const Experiment experiment = prepare_experiment(config, all, target.only_train);
    const auto parent = target.out.empty() ? default_run_path(experiment.name, dump(experiment)) : target.out;
    run(experiment, parent / std::to_string(i), options);
  }
  return 0;
}

int resume_command(const std::filesystem::path& run, const RunOptions& options) {
  if (holds_systems(run))
    resume_systems(run, options);
  else
    resume(run, options);
  return 0;
}

int sample_command(const std::filesystem::path& path, const std::vector<std::string>& settings,
                   const AverageChoice& average, const std::filesystem::path& out, const RunOptions& options) {
  const TrainedRun run = load_run(path, average);
  if (run.snapshots > 0)
    options.say(fmt::format("average  from {} snapshots; its weights over time differ by {:.2g} %", run.snapshots,
                            100 * run.profile_error));
  const GenerateConfig config = read<GenerateConfig>(Config::of(settings));
  SampleSet set{.config = config, .samples = sample(run.model, config, options), .metrics = {}};
  const auto file = out.empty() ? path / (config.title() + ".h5") : out;
  results_file(run.experiment, {.run_id = path.filename().string(),
                                .config_text = dump(run.experiment),
                                .data_sha256 = run.model.data.training.sha256,
                                .range = run.model.data.range,
                                .held_out_index = run.model.data.held_out_index,
                                .training = {},
                                .samples = {set}})
      .save(file);
  write_pictures(file.has_parent_path() ? file.parent_path() : ".", config.title(), set.samples,
                 look_of(run.model.data));
  for (const auto& line : metrics_table(std::span(&set, 1))) options.say(line);
  options.say(fmt::format("wrote    {}", file.string()));
  return 0;
}

int evaluate_command(const std::filesystem::path& path, const std::vector<std::string>& settings,
                     const RunOptions& options) {
  const RunDirectory directory = RunDirectory::open(path);
  const Experiment experiment = read_experiment(directory.config_file());
  const auto results = directory.file("results.h5");
  Hdf5File file = Hdf5File::open(results);
  require<ConfigError>(file.contains("/samples"), "{}: the run has no samples to evaluate", results.string());
  const Prepared data = prepare(experiment.data, experiment.seed);
  MetricConfig config = read<MetricConfig>(Config::of(settings), experiment.evaluate);
  config.seed = experiment.seed;
  const Evaluator evaluator(data, config);
  std::vector<SampleSet> sets;
  for (const auto& name : file.list("/samples")) {
    SampleSet set = read_sample_set(file, name);
    set.metrics = measured(evaluator, set);
    write_evaluation(file, name, set.metrics);
    sets.push_back(std::move(set));
  }
  file.save(results);
  for (const auto& line : metrics_table(sets)) options.say(line);
  return 0;
}

int info_command(const std::filesystem::path& path, const RunOptions& options) {
  if (path.empty()) {
    const auto facts = nlohmann::json::parse(provenance_json({}));
    for (const auto& [key, value] : facts.items())
      if (key != "command_line")
        options.say(fmt::format("{:<16} {}", key, value.is_string() ? value.get<std::string>() : value.dump()));
    return 0;
  }
  const Experiment experiment = read_experiment(path / "config.toml");
  options.say(fmt::format("run      {} ({})", experiment.name, run_status(path)));
  options.say(fmt::format("config   SHA-256 {}", sha256(dump(experiment))));
  std::error_code failure;
  if (!std::filesystem::exists(path / "results.h5", failure)) return 0;
  const Hdf5File file = Hdf5File::open(path / "results.h5");
  if (!file.contains("/samples")) return 0;
  for (const auto& name : file.list("/samples")) {
    const std::string group = "/samples/" + name;
    options.say(fmt::format("samples  {}: {}, {:.4g} evaluations each", name,
                            to_string(read_samples(file, name).shape()),
                            std::get<double>(file.attribute(group, "nfe"))));
  }
  return 0;
}

}  // namespace fokker
