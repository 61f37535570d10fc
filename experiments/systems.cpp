#include "fokker/experiments/systems.h"

#include <algorithm>
#include <sstream>

#include "fokker/core/io/file.h"
#include "fokker/core/io/png.h"
#include "fokker/core/ops/view.h"
#include "fokker/experiments/checks.h"
#include "fokker/experiments/read_experiment.h"
#include "fokker/experiments/runner.h"
#include "fokker/experiments/saved_run.h"
#include "fokker/experiments/systems_seeds.h"

namespace fokker {
namespace {

namespace fs = std::filesystem;

constexpr const char* config_file = "systems.toml";
constexpr std::int64_t shown = 16;  // samples in a row of the picture

std::string said(const TrainConfig& train) {
  return train.objective == "dsm" ? fmt::format("dsm, {}", train.prediction) : train.objective;
}

/// The figures of a run that is done, and its bounds, which are added to its results.
TableSystem measure(const fs::path& folder, const DataLikelihoodConfig& likelihood, const RunOptions& options) {
  const SavedRun run = open_run(folder);
  const RunDirectory directory = RunDirectory::open_when_free(folder, options);
  Hdf5File file = open_results(folder);
  TableSystem system;
  system.name = run.experiment.name;
  system.objective = said(run.experiment.train);
  system.seed = run.experiment.seed;
  system.range = run.model.facts.range;
  const Tensor seconds = file.read("/metrics/train/wall_time", Dtype::f64);
  system.training_seconds = seconds.at(seconds.size() - 1);
  for (const GenerateConfig& config : run.experiment.sample)
    system.sets.push_back(read_sample_set(file, config.title()));
  if (objective_entry(run.experiment.train.objective).implicit) return system;
  const DataLikelihood found = data_likelihood(run, likelihood, options);
  write_likelihood(file, found);
  save_results(folder, file);
  system.bounds = found.rows;
  return system;
}

std::string cell(const std::string& text, std::size_t width) { return fmt::format("  {:>{}}", text, width); }

constexpr const char* figures[] = {"frechet", "precision", "recall"};

/// The figure of a set, or of real data in its place.
std::string figure(const SampleSet& set, const char* name, bool real) {
  const auto found = std::ranges::find(set.metrics, name, &MetricResult::name);
  return found == set.metrics.end() ? "-" : fmt::format("{:.3g}", real ? found->reference : found->value);
}

std::string figures_of(const SampleSet& set, bool real) {
  std::string line;
  for (const char* name : figures) line += cell(figure(set, name, real), 9);
  return line;
}

std::vector<std::string> table(const std::vector<TableSystem>& systems) {
  std::size_t name = 6, objective = 9, sampler = 7;
  for (const auto& system : systems) {
    name = std::max(name, system.name.size());
    objective = std::max(objective, system.objective.size());
    for (const auto& set : system.sets) sampler = std::max(sampler, set.config.title().size());
  }
  std::string head =
      fmt::format("{:<{}}  {:<{}}  {:<{}}  {:>6}", "system", name, "objective", objective, "sampler", sampler, "NFE");
  const auto& bounds = std::ranges::max_element(systems, {}, [](auto& s) { return s.bounds.size(); })->bounds;
  for (const auto& bound : bounds) head += cell("bits/dim " + bound.name, 19);
  for (const char* figure_name : figures) head += cell(figure_name, 9);
  std::vector<std::string> lines = {head + cell("training s", 10) + cell("sampling s", 10)};
  for (const auto& system : systems)
    for (const auto& set : system.sets) {
      std::string line = fmt::format("{:<{}}  {:<{}}  {:<{}}  {:>6.4g}", system.name, name, system.objective, objective,
                                     set.config.title(), sampler, set.samples.nfe);
      for (const auto& bound : system.bounds)
        line +=
            cell(fmt::format("{:.3f} ± {:.3f}", bound.interval.mean, bound.interval.high - bound.interval.mean), 19);
      if (system.bounds.empty()) line += std::string(21 * bounds.size(), ' ');
      line += figures_of(set, false);
      lines.push_back(line + cell(fmt::format("{:.1f}", system.training_seconds), 10) +
                      cell(fmt::format("{:.1f}", set.samples.seconds), 10));
    }
  const std::size_t before = name + objective + sampler + 6 + 6 + 21 * bounds.size();
  lines.push_back(fmt::format("{:<{}}", "(real data)", before) + figures_of(systems[0].sets[0], true));
  return lines;
}

Hdf5File file_of(const std::vector<TableSystem>& systems, const std::string& config) {
  Hdf5File file;
  write_identity(file, "systems", config);
  for (const auto& system : systems) {
    const std::string group = "/systems/" + system.name;
    for (const auto& bound : system.bounds) file.write(group + "/bits/" + bound.name, bound.bits, {"held_out"});
    for (const auto& set : system.sets) {
      const std::string inner = group + "/samplers/" + set.config.title();
      write_metrics(file, inner, set.metrics);
      file.write(inner + "/nfe", Tensor::scalar(set.samples.nfe, Dtype::f64));
      file.set_attribute(inner, "wall_time_s", Attribute(set.samples.seconds));
    }
    file.set_attribute(group, "objective", Attribute(system.objective));
    file.set_attribute(group, "training_wall_time_s", Attribute(system.training_seconds));
  }
  return file;
}

/// A row of samples for each sampler of the first seed, where all are images of one size.
void write_picture(const fs::path& path, const std::vector<TableSystem>& systems) {
  std::vector<Tensor> rows;
  const std::uint64_t first_seed = systems[0].seed;
  for (const auto& system : systems)
    for (const auto& set : system.sets) {
      if (system.seed != first_seed) continue;
      const Tensor& x = set.samples.values;
      if (x.rank() != 4 || x.extent(0) < shown || (!rows.empty() && x.rows(0, shown).shape() != rows[0].shape()))
        return;
      rows.push_back(x.rows(0, shown));
    }
  if (rows.empty()) return;
  const ValueRange range = systems[0].range;
  write_png(path, concat(rows, 0),
            {.low = range.low, .high = range.high, .columns = static_cast<int>(shown), .separator = 2});
}

void finish(const fs::path& folder, const std::vector<TableSystem>& systems, std::int64_t seeds,
            const RunOptions& options) {
  const std::string config = read_text_file(folder / config_file);
  std::vector<std::string> lines = seeds > 1 ? seeds_table(systems) : table(systems);
  std::vector<MetricResult> measured;
  for (const auto& system : systems)
    for (const auto& set : system.sets) std::ranges::copy(set.metrics, std::back_inserter(measured));
  for (const auto& line : feature_lines(measured)) lines.push_back(line);
  std::string text;
  for (const auto& line : lines) {
    options.say(line);
    text += line + "\n";
  }
  write_file_atomically(folder / "systems.txt", text);
  (seeds > 1 ? seeds_file(systems, config) : file_of(systems, config)).save(folder / "systems.h5");
  write_picture(folder / "systems.png", systems);
  options.say(fmt::format("wrote    {}", (folder / "systems.h5").string()));
}

fs::path run_folder(const fs::path& folder, const std::string& name, std::int64_t k, std::int64_t seeds) {
  return seeds > 1 ? folder / name / fmt::format("seed-{}", k) : folder / name;
}

/// Runs what is left of a run.
TableSystem finished(const fs::path& run, const DataLikelihoodConfig& likelihood, const RunOptions& options) {
  if (run_status(run) != "done") resume(run, options);
  return options.stopping() ? TableSystem{} : measure(run, likelihood, options);
}

/// Runs what is left of a run.  Numbers that are not finite, now or in an earlier call, give a failure in place of
/// figures.
TableSystem measured_or_failed(const fs::path& run, const DataLikelihoodConfig& likelihood, const RunOptions& options) {
  const Experiment experiment = read_run(run);
  TableSystem failed;
  failed.name = experiment.name;
  failed.objective = said(experiment.train);
  failed.seed = experiment.seed;
  failed.failed = true;
  if (run_status(run) == "failed") return failed;
  try {
    return finished(run, likelihood, options);
  } catch (const NumericalError& error) {
    options.say(error.what());
    return failed;
  }
}

/// The entries of config.systems, each read with the settings after its file and then those of config.set.
std::vector<Experiment> experiments_of(const fs::path& path, const SystemsConfig& config) {
  std::vector<Experiment> experiments;
  for (const auto& system : config.systems) {
    std::vector<std::string> words;
    std::istringstream text(system);
    for (std::string word; text >> word;) words.push_back(word);
    require<ConfigError>(!words.empty(), "{}: systems: expected the name of a file, got nothing", path.string());
    std::vector<std::string> settings(words.begin() + 1, words.end());
    settings.insert(settings.end(), config.set.begin(), config.set.end());
    experiments.push_back(read_experiment(path.parent_path() / words.front(), settings));
  }
  return experiments;
}

}  // namespace

bool describes_systems(const fs::path& config) { return Config::load(config).root().find("systems") != nullptr; }

bool holds_systems(const fs::path& folder) {
  std::error_code failure;
  return fs::exists(folder / config_file, failure);
}

void run_systems(const fs::path& path, const std::vector<std::string>& overrides, const fs::path& out,
                 const RunOptions& options) {
  Config document = Config::load(path);
  for (const auto& assignment : overrides) document.set(assignment);
  SystemsConfig config = read<SystemsConfig>(document);
  require_file_name(config.name, "name");
  std::vector<Experiment> experiments = experiments_of(path, config);
  config.systems.clear();
  for (const auto& experiment : experiments) config.systems.push_back(experiment.name);
  auto names = config.systems;
  std::ranges::sort(names);
  require<ConfigError>(std::ranges::adjacent_find(names) == names.end(),
                       "{}: two systems are called {}; give one of them another name", path.string(),
                       *std::ranges::adjacent_find(names));
  const std::string text = dump(config);
  const fs::path folder = out.empty() ? default_run_path(config.name, text) : out;
  require<ConfigError>(!holds_systems(folder), "{} holds systems already; go on with `fokker resume {}`",
                       folder.string(), folder.string());
  for (const auto& experiment : experiments) {
    require<ConfigError>(!experiment.sample.empty(), "{}: {} draws no samples to show; give it a table [[sample]]",
                         path.string(), experiment.name);
    for (std::int64_t k = 0; k < config.seeds; ++k)
      RunDirectory::require_new(run_folder(folder, experiment.name, k, config.seeds));
    check_experiment(experiment);
  }
  for (Experiment& experiment : experiments)
    for (std::int64_t k = 0; k < config.seeds; ++k, ++experiment.seed)
      RunDirectory::create(run_folder(folder, experiment.name, k, config.seeds), dump(experiment));
  write_file_atomically(folder / config_file, text);
  resume_systems(folder, options);
}

void resume_systems(const fs::path& folder, const RunOptions& options) {
  const SystemsConfig config = read<SystemsConfig>(Config::load(folder / config_file));
  const std::int64_t seeds = config.seeds, runs = std::ssize(config.systems) * seeds;
  std::vector<TableSystem> systems;
  for (std::int64_t i = 0; i < runs; ++i) {
    const std::string& name = config.systems[static_cast<std::size_t>(i / seeds)];
    const fs::path run = run_folder(folder, name, i % seeds, seeds);
    options.say(fmt::format("system {} of {}: {}", i + 1, runs, fs::relative(run, folder).string()));
    const RunOptions one = options.of_several(folder.string());
    systems.push_back(seeds > 1 ? measured_or_failed(run, config.likelihood, one)
                                : finished(run, config.likelihood, one));
    if (options.stopping()) throw Cancelled(fmt::format("go on with `fokker resume {}`", folder.string()));
  }
  finish(folder, systems, seeds, options);
}

}  // namespace fokker
