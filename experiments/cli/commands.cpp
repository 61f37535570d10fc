#include "fokker/experiments/cli/commands.h"

#include <fmt/ranges.h>

#include <nlohmann/json.hpp>

#include "fokker/core/io/file.h"
#include "fokker/experiments/applications/own_table.h"
#include "fokker/experiments/compare/run.h"
#include "fokker/experiments/read_experiment.h"
#include "fokker/experiments/report/pictures.h"
#include "fokker/experiments/runs/provenance.h"
#include "fokker/experiments/saved_run.h"
#include "fokker/experiments/sweep.h"
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

void require_done(const RunResult& result) {
  if (result.outcome == Outcome::stopped) throw Cancelled(result.how_to_go_on());
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
    require_done(run(prepare_experiment(config, overrides, target.only_train), target.out, options));
    return 0;
  }
  std::vector<SweepMember> members;
  for (const auto& combination : expand_sweep(sweep)) {
    auto all = overrides;
    all.insert(all.end(), combination.begin(), combination.end());
    members.push_back(
        {prepare_experiment(config, all, target.only_train), fmt::format("{}", fmt::join(combination, " "))});
  }
  run_sweep(members, target.out, options);
  return 0;
}

int resume_command(const std::filesystem::path& run, const RunOptions& options) {
  if (holds_systems(run))
    resume_systems(run, options);
  else if (holds_sweep(run))
    resume_sweep(run, options);
  else if (holds_comparison(run))
    resume_comparison(run, options);
  else
    require_done(resume(run, options));
  return 0;
}

int sample_command(const std::filesystem::path& path, const std::vector<std::string>& settings,
                   const AverageChoice& average, const std::filesystem::path& out, const RunOptions& options) {
  if (!out.empty()) require_file_place(out);
  const SavedRun run = open_run(path, average);
  if (run.snapshots > 0)
    options.say(fmt::format("average  from {} snapshots; its weights over time differ by {:.2g} %", run.snapshots,
                            100 * run.profile_error));
  const Config given = Config::of(settings);
  const auto config = read<GenerateConfig>(given, own_samples(run.experiment.sample, given));
  require_file_name(config.title(), "name");
  require_not_of_run(out);
  SampleSet set{.config = config, .samples = sample(run.model, config, options), .metrics = {}};
  const auto file = out.empty() ? make_numbered_folder(path, config.title()) / (config.title() + ".h5") : out;
  results_file(run.experiment, {.run_id = path.filename().string(),
                                .config_text = dump(run.experiment),
                                .data_sha256 = run.model.facts.sha256,
                                .range = run.model.facts.range,
                                .held_out_index = run.model.facts.held_out_index,
                                .training = {},
                                .samples = {set}})
      .save(file);
  const auto pictures = write_pictures(file.has_parent_path() ? file.parent_path() : ".", file.stem().string(),
                                       set.samples, look_of(run.model.facts));
  for (const auto& line : metrics_table(std::span(&set, 1))) options.say(line);
  options.say(fmt::format("wrote    {}", file.string()));
  for (const auto& picture : pictures) options.say(fmt::format("wrote    {}", picture.string()));
  return 0;
}

int evaluate_command(const std::filesystem::path& path, const std::vector<std::string>& settings,
                     const RunOptions& options) {
  const Experiment experiment = read_run(path);
  const Hdf5File before = open_results(path);
  require<ConfigError>(before.contains("/samples"), "{}: the run has no samples to evaluate", path.string());
  const auto facts = read_run_facts(path);
  const Prepared data =
      facts ? prepare_again(*facts, experiment.data, experiment.seed) : prepare(experiment.data, experiment.seed);
  MetricConfig config = read<MetricConfig>(Config::of(settings), experiment.evaluate);
  config.seed = experiment.seed;
  const Evaluator evaluator(data, config);
  std::vector<SampleSet> sets;
  for (const auto& name : before.list("/samples")) {
    sets.push_back(read_sample_set(before, name));
    sets.back().metrics = measured(evaluator, sets.back());
  }
  for (const auto& line : metrics_table(sets)) options.say(line);
  const RunDirectory directory = RunDirectory::open_when_free(path, options);
  Hdf5File file = open_results(path);  // read again, under the lock
  for (const SampleSet& set : sets) write_evaluation(file, set.config.title(), set.metrics);
  save_results(path, file);
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
  const Experiment experiment = read_run(path);
  options.say(fmt::format("run      {} ({})", experiment.name, run_status(path)));
  options.say(fmt::format("config   SHA-256 {}", sha256(dump(experiment))));
  std::error_code failure;
  if (!std::filesystem::exists(path / "results.h5", failure)) return 0;
  const Hdf5File file = open_results(path);
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
