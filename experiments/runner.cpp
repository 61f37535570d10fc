#include "fokker/experiments/runner.h"

#include <chrono>
#include <set>

#include "fokker/core/file.h"
#include "fokker/core/png.h"
#include "fokker/experiments/applications.h"
#include "fokker/experiments/checkpoint.h"
#include "fokker/experiments/findings_report.h"
#include "fokker/experiments/pictures.h"
#include "fokker/experiments/provenance.h"
#include "fokker/experiments/shards.h"
#include "fokker/experiments/training_log.h"

namespace fokker {
namespace {

class Runner {
 public:
  Runner(RunDirectory& directory, Experiment experiment, Model model, const RunOptions& options)
      : directory_(directory), experiment_(std::move(experiment)), options_(options), model_(std::move(model)) {}

  Outcome execute();

  std::vector<SampleSet> take_samples() { return std::move(sets_); }

 private:
  void describe();
  bool train();
  void train_step(Trainer& trainer, std::vector<MetricsRow>& unsaved);
  void train_on(Trainer& trainer, std::vector<MetricsRow>& unsaved);
  void finish(const Trainer& trainer);
  void save(const Trainer& trainer, std::vector<MetricsRow>& unsaved);
  bool draw_samples();
  void evaluate();
  bool apply();
  void write_results();

  void say(const std::string& line) const {
    directory_.log(line);
    options_.say(line);
  }

  RunDirectory& directory_;
  Experiment experiment_;
  const RunOptions& options_;
  Model model_;
  std::vector<MetricsRow> rows_;
  std::vector<SampleSet> sets_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  double earlier_seconds_ = 0;  // of training, before an interruption
};

Outcome Runner::execute() {
  describe();
  try {
    if (!train() || !draw_samples()) return Outcome::stopped;
  } catch (const Cancelled&) {
    return Outcome::stopped;
  }
  evaluate();
  write_results();
  if (!apply()) return Outcome::stopped;
  return Outcome::done;
}

void Runner::describe() {
  const Prepared& data = model_.data;
  say(fmt::format("data     {}: {} training, {} held out, each {}", data.training.name, data.training.size(),
                  data.held_out.size(), to_string(model_.sample_shape)));
  for (const auto& step : data.report) say(fmt::format("         {}: {}", step.step, step.change));
  say(fmt::format("network  {}: {} parameters", experiment_.network.kind, model_.system.network->parameter_count()));
  write_grid(directory_.file("data.png"), data.scaling.invert(data.training.x), look_of(model_.data));
}

void Runner::save(const Trainer& trainer, std::vector<MetricsRow>& unsaved) {
  directory_.append_metrics(unsaved);
  unsaved.clear();
  save_checkpoint(directory_.checkpoints(), trainer.state());
}

void Runner::train_step(Trainer& trainer, std::vector<MetricsRow>& unsaved) {
  const StepReport report = trainer.step();
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start_;
  rows_.push_back({.report = report, .seconds = earlier_seconds_ + elapsed.count()});
  unsaved.push_back(rows_.back());
  const auto& config = experiment_.train;
  const bool last = trainer.finished();
  if (last || report.step % config.log_interval() == 0) say(interval_line(rows_, config, model_.data.training.size()));
  const SafeTensors snapshot = trainer.snapshot();
  if (!snapshot.tensors.empty()) save_snapshot(directory_.averages(), snapshot);
  if (last || report.step % config.checkpoint_every == 0) save(trainer, unsaved);
  options_.show("training", report.step, config.steps);
}

/// Until it is finished or told to stop.  A failure leaves the losses until it in metrics.jsonl.
void Runner::train_on(Trainer& trainer, std::vector<MetricsRow>& unsaved) {
  std::int64_t saved = trainer.steps_done();
  try {
    while (!trainer.finished() && !options_.stopping()) {
      train_step(trainer, unsaved);
      if (unsaved.empty()) saved = trainer.steps_done();
    }
  } catch (const NumericalError& error) {
    directory_.append_metrics(unsaved);
    const auto kept = saved > 0 ? fmt::format("the checkpoint of step {}", saved) : "no checkpoint yet";
    throw NumericalError(fmt::format("{}; kept: {}", error.what(), kept));
  }
  if (!unsaved.empty()) save(trainer, unsaved);
}

void Runner::finish(const Trainer& trainer) {
  for (const auto& line : summary_lines(rows_, experiment_.train)) say(line);
  const Tensor levels = noise_level_picture(rows_);
  if (levels.defined()) write_png(directory_.file("noise-levels.png"), levels, {.scale = 8});
  model_.system = trainer.averaged();
  model_.sde = model_.system.sde();
  write_weights(directory_.path(), trainer);
}

bool Runner::train() {
  Trainer trainer(model_.system, model_.data.training, experiment_.train, experiment_.seed);
  trainer.augment(Augmentation(experiment_.data.augment, model_.data.training.range.low));
  trainer.hold_out(model_.data.held_out);
  if (const auto state = latest_checkpoint(directory_.checkpoints())) {
    trainer.restore(*state);
    say(fmt::format("resume   from step {}", trainer.steps_done()));
  }
  rows_ = directory_.metrics_until(trainer.steps_done());
  if (!rows_.empty()) earlier_seconds_ = rows_.back().seconds;
  start_ = std::chrono::steady_clock::now();
  std::vector<MetricsRow> unsaved;
  train_on(trainer, unsaved);
  if (!trainer.finished()) return false;
  finish(trainer);
  return !options_.stopping();
}

bool Runner::draw_samples() {
  if (experiment_.sample.empty()) return true;
  for (const GenerateConfig& config : experiment_.sample) {
    SampleSet set{.config = config, .samples = sample(model_, config, options_), .metrics = {}};
    if (options_.stopping()) return false;
    write_pictures(directory_.path(), set.config.title(), set.samples, look_of(model_.data));
    sets_.push_back(std::move(set));
  }
  if (!sets_.empty())
    write_side_by_side(directory_.file("overview.png"), model_.data.scaling.invert(model_.data.training.x),
                       sets_[0].samples.values, look_of(model_.data));
  return true;
}

void Runner::evaluate() {
  if (sets_.empty()) return;
  if (!experiment_.evaluate.metrics.empty()) {
    MetricConfig config = experiment_.evaluate;
    config.seed = experiment_.seed;
    const Evaluator evaluator(model_.data, config);
    for (SampleSet& set : sets_) set.metrics = measured(evaluator, set);
  }
  for (const auto& line : metrics_table(sets_)) say(line);
}

/// The applications that the experiment asks for.
bool Runner::apply() {
  const auto applications = applications_of(experiment_);
  if (applications.empty()) return true;
  const TrainedRun run{.experiment = experiment_,
                       .model = model_,
                       .score = model_.system.score(),
                       .log_variance_ratio = model_.system.log_variance_ratio()};
  Hdf5File file = Hdf5File::open(directory_.file("results.h5"));
  std::vector<std::pair<std::string, Findings>> all;
  for (const auto& [title, application] : applications) {
    const Findings& found = all.emplace_back(title, application(run, {}, options_)).second;
    if (options_.stopping()) return false;
    write_findings(file, "/applications/" + title, found);
    file.save(directory_.file("results.h5"));
    write_findings_files(directory_.path(), title, found);
    say(title);
    for (const auto& line : figure_lines(found)) say("  " + line);
  }
  write_file_atomically(directory_.file("report.html"), findings_report(experiment_.name, all));
  return true;
}

void Runner::write_results() {
  const RunResults results{.run_id = directory_.path().filename().string(),
                           .config_text = dump(experiment_),
                           .data_sha256 = model_.data.training.sha256,
                           .range = model_.data.range,
                           .held_out_index = model_.data.held_out_index,
                           .training = rows_,
                           .samples = sets_};
  results_file(experiment_, results).save(directory_.file("results.h5"));
  std::set<std::filesystem::path> files = {directory_.file("results.h5"), directory_.file(weights_file)};
  for (const auto& entry : std::filesystem::directory_iterator(directory_.path()))
    if (entry.path().extension() == ".png") files.insert(entry.path());
  for (const auto& file : files) say(fmt::format("wrote    {}", file.string()));
}

std::string status_json(const char* status, const std::string& reason) {
  std::string text;
  for (char c : reason)
    text += c == '"' || c == '\\' ? std::string{'\\', c} : static_cast<unsigned char>(c) < 32 ? " " : std::string{c};
  return fmt::format(R"({{"status": "{}", "reason": "{}", "ended": "{}"}})", status, text, utc_now());
}

/// One loss of one sample, for data, network and objective that do not fit each other.
void try_loss(const Model& model) {
  const Dataset& data = model.data.training;
  const std::int64_t first = 0;
  check_labels(*model.system.network, data);
  const Shard one =
      make_shard(*model.system.network, data, std::span(&first, 1), {.seed = 0, .step = 0, .first = 0, .batch = 1});
  model.system.objective->loss(*model.system.network, one);
}

/// Builds the model, and finds settings of the samplers and metrics that cannot work before hours of training do.
Model build_checked(const Experiment& experiment) {
  Model model = build(experiment);
  require<ConfigError>(experiment.train.patience == 0 || model.data.held_out.size() > 0,
                       "train.patience: the training ends by the loss on held-out data; raise data.held_out");
  require<ConfigError>(
      experiment.sample.empty() || experiment.evaluate.metrics.empty() || model.data.held_out.size() >= 2,
      "evaluate.metrics: the samples are compared with held-out data; raise data.held_out, or set evaluate.metrics = "
      "[]");
  try_loss(model);
  check_applications(experiment, model);
  const Score silent = [](const Tensor& x, double) { return Tensor::zeros(x.shape(), x.dtype()); };
  for (GenerateConfig config : experiment.sample) try {
      config.check(model);
      config.n = 1;
      config.steps = std::min<std::int64_t>(config.step_count(), 2);
      if (!config.times.empty()) config.times.resize(static_cast<std::size_t>(config.steps) + 1);
      sample(silent, *model.sde, config, {.shape = model.sample_shape});
    } catch (const ConfigError& error) {
      throw ConfigError(fmt::format("sample \"{}\": {}", config.title(), error.what()));
    }
  return model;
}

RunResult execute(RunDirectory directory, const Experiment& experiment, Model model, const RunOptions& options) {
  directory.update_status(provenance_json(options.command_line));
  directory.update_status(fmt::format(R"({{"status": "running", "started": "{}"}})", utc_now()));
  try {
    Runner runner(directory, experiment, std::move(model), options);
    const Outcome outcome = runner.execute();
    directory.update_status(outcome == Outcome::done ? status_json("done", "") : status_json("stopped", "signal"));
    return {.outcome = outcome, .path = directory.path(), .samples = runner.take_samples()};
  } catch (const std::exception& error) {
    try {
      directory.log(error.what());
      directory.update_status(status_json("failed", error.what()));
    } catch (const IoError&) {  // a full disk: the first error says so
    }
    throw;
  }
}

}  // namespace

RunResult run(const Experiment& experiment, const std::filesystem::path& out, const RunOptions& options) {
  const std::string text = dump(experiment);
  const auto path = out.empty() ? default_run_path(experiment.name, text) : out;
  RunDirectory::require_new(path);
  Model model = build_checked(experiment);  // before the folder: wrong input leaves nothing behind
  return execute(RunDirectory::create(path, text), experiment, std::move(model), options);
}

RunResult resume(const std::filesystem::path& path, const RunOptions& options) {
  RunDirectory directory = RunDirectory::open(path);
  const Experiment experiment = read_experiment(directory.config_file());
  return execute(std::move(directory), experiment, build_checked(experiment), options);
}

void check_experiment(const Experiment& experiment) { build_checked(experiment); }

}  // namespace fokker
