#include "fokker/experiments/runner.h"

#include <chrono>
#include <set>

#include "fokker/core/io/file.h"
#include "fokker/core/io/png.h"
#include "fokker/core/kernels/kernels.h"
#include "fokker/experiments/application_registry.h"
#include "fokker/experiments/checks.h"
#include "fokker/experiments/report/findings_report.h"
#include "fokker/experiments/report/pictures.h"
#include "fokker/experiments/runs/provenance.h"
#include "fokker/experiments/runs/training_log.h"
#include "fokker/experiments/runs/utc.h"
#include "fokker/experiments/saved_run.h"
#include "fokker/experiments/training/checkpoint.h"
#include "fokker/experiments/training/trainer.h"

namespace fokker {
namespace {

constexpr const char* log_key =
    "log_sha256";  // in the metadata of a checkpoint: SHA-256 of metrics.jsonl until its step

class Runner {
 public:
  Runner(RunDirectory& directory, Experiment experiment, Model model, const RunOptions& options)
      : directory_(directory), experiment_(std::move(experiment)), options_(options), model_(std::move(model)) {
    may_be_left(true);
  }
  ~Runner() {
    if (options_.leave_by) options_.leave_by([] { return std::string(); });
  }

  Outcome execute();

  std::vector<SampleSet> take_samples() { return std::move(sets_); }
  std::int64_t steps() const { return std::ssize(rows_); }

 private:
  void describe();
  void may_be_left(bool may) const;
  template <class Work>
  void attempt(Work&& work);
  bool train();
  void train_step(Trainer& trainer, std::vector<MetricsRow>& unsaved);
  void train_on(Trainer& trainer, std::vector<MetricsRow>& unsaved);
  void finish(const Trainer& trainer);
  void save(const Trainer& trainer, std::vector<MetricsRow>& unsaved);
  void note_instruction_set(const SafeTensors& state);
  bool draw_samples();
  void draw(const GenerateConfig& config);
  void evaluate();
  void apply();
  void write_results();

  void say(const std::string& line) const {
    directory_.log(line);
    options_.say(line);
  }

  RunDirectory& directory_;
  MetricsLog log_{directory_.file("metrics.jsonl")};
  Experiment experiment_;
  const RunOptions& options_;
  Model model_;
  std::vector<MetricsRow> rows_;
  std::vector<SampleSet> sets_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  double earlier_seconds_ = 0;                            // seconds of training before an interruption
  std::exception_ptr failure_;                            // the first one after the training
  std::string instruction_sets_ = kernels::table().name;  // in the order of their use
};

Outcome Runner::execute() {
  describe();
  try {
    if (!train() || !draw_samples()) return Outcome::stopped;
    evaluate();
    write_results();
    apply();
  } catch (const Cancelled&) {
    return Outcome::stopped;
  }
  if (failure_) std::rethrow_exception(failure_);
  return Outcome::done;
}

/// Between training steps and checkpoints, the work is only left in good order.  After them, everything that took long
/// is saved.
void Runner::may_be_left(bool may) const {
  if (!options_.leave_by) return;
  if (!may) return options_.leave_by({});
  options_.leave_by([&directory = directory_, done = steps(), steps = experiment_.train.steps] {
    directory.update_status(status_json("stopped", "signal"));
    return RunResult{.path = directory.path(), .samples = {}, .steps = done, .of_steps = steps}.how_to_go_on();
  });
}

/// Keeps a failure after the training, so that the other results are not lost.  It is thrown when they are written.
template <class Work>
void Runner::attempt(Work&& work) {
  try {
    work();
  } catch (const Cancelled&) {
    throw;
  } catch (const IoError&) {
    throw;
  } catch (const Error& error) {
    say(fmt::format("failed   {}", error.what()));
    if (!failure_) failure_ = std::current_exception();
  }
}

void Runner::describe() {
  const Prepared& data = model_.data();
  say(fmt::format("data     {}: {} training, {} held out, each {}", data.training.name, data.training.size(),
                  data.held_out.size(), to_string(model_.sample_shape)));
  for (const auto& step : data.report) say(fmt::format("         {}: {}", step.step, step.change));
  say(fmt::format("network  {}: {} parameters", experiment_.network.kind, model_.system.network->parameter_count()));
  write_grid(directory_.file("data.png"), data.scaling.invert(data.training.x), look_of(model_.facts));
}

void Runner::save(const Trainer& trainer, std::vector<MetricsRow>& unsaved) {
  log_.append(unsaved);  // before the checkpoint, which relies on it
  unsaved.clear();
  SafeTensors state = trainer.state();
  state.metadata[log_key] = log_.digest();
  state.metadata["instruction_set"] = instruction_sets_;
  save_checkpoint(directory_.checkpoints(), std::move(state));
}

/// Reports and records an instruction set that differs from that of the checkpoint, because results depend on it in
/// rounding.
void Runner::note_instruction_set(const SafeTensors& state) {
  const auto found = state.metadata.find("instruction_set");
  if (found == state.metadata.end() || found->second.ends_with(instruction_sets_)) return;
  say(
      fmt::format("warning  trained so far with the instruction set {}, from here with {}: the weights will differ in "
                  "rounding from those of one run; --isa (or FOKKER_ISA) baseline, v3 or v4 chooses",
                  found->second, instruction_sets_));
  instruction_sets_ = found->second + ", " + instruction_sets_;
  directory_.update_status(fmt::format(R"({{"instruction_set": "{}"}})", instruction_sets_));
}

void Runner::train_step(Trainer& trainer, std::vector<MetricsRow>& unsaved) {
  const StepReport report = trainer.step();
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start_;
  rows_.push_back({.report = report, .seconds = earlier_seconds_ + elapsed.count()});
  unsaved.push_back(rows_.back());
  const auto& config = experiment_.train;
  const bool last = trainer.finished();
  if (last || report.step % config.log_interval() == 0)
    say(interval_line(rows_, config, model_.data().training.size()));
  const SafeTensors snapshot = trainer.snapshot();
  if (!snapshot.tensors.empty()) save_snapshot(directory_.averages(), snapshot);
  if (last || report.step % config.checkpoint_every == 0) save(trainer, unsaved);
  options_.show("training", report.step, config.steps);
}

/// Trains until it is finished or told to stop.  A failure leaves the losses until it in metrics.jsonl.
void Runner::train_on(Trainer& trainer, std::vector<MetricsRow>& unsaved) {
  std::int64_t saved = trainer.steps_done();
  try {
    while (!trainer.finished() && !options_.stopping()) {
      train_step(trainer, unsaved);
      if (unsaved.empty()) saved = trainer.steps_done();
    }
  } catch (const NumericalError& error) {
    log_.append(unsaved);
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
  Trainer trainer(model_.system, model_.data().training, experiment_.train, experiment_.seed);
  trainer.augment(Augmentation(experiment_.data.augment, model_.data().training.range.low));
  trainer.hold_out(model_.data().held_out);
  std::string digest;
  if (const auto state = latest_checkpoint(directory_.checkpoints())) {
    trainer.restore(*state);
    note_instruction_set(*state);
    if (const auto at = state->metadata.find(log_key); at != state->metadata.end()) digest = at->second;
    say(fmt::format("resume   from step {}", trainer.steps_done()));
  }
  rows_ = log_.read_until(trainer.steps_done(), digest);
  if (!rows_.empty()) earlier_seconds_ = rows_.back().seconds;
  start_ = std::chrono::steady_clock::now();
  std::vector<MetricsRow> unsaved;
  may_be_left(false);
  train_on(trainer, unsaved);
  if (!trainer.finished()) return false;
  finish(trainer);
  may_be_left(true);
  return !options_.stopping();
}

void Runner::draw(const GenerateConfig& config) {
  SampleSet set{.config = config, .samples = sample(model_, config, options_), .metrics = {}};
  write_pictures(directory_.path(), set.config.title(), set.samples, look_of(model_.facts));
  sets_.push_back(std::move(set));
}

bool Runner::draw_samples() {
  if (experiment_.sample.empty()) return true;
  for (const GenerateConfig& config : experiment_.sample) {
    attempt([&] { draw(config); });
    if (options_.stopping()) return false;
  }
  if (!sets_.empty())
    write_side_by_side(directory_.file("overview.png"), model_.facts.scaling.invert(model_.data().training.x),
                       sets_[0].samples.values, look_of(model_.facts));
  return true;
}

void Runner::evaluate() {
  if (sets_.empty()) return;
  if (!experiment_.evaluate.metrics.empty())
    attempt([&] {
      MetricConfig config = experiment_.evaluate;
      config.seed = experiment_.seed;
      const Evaluator evaluator(model_.data(), config);
      for (SampleSet& set : sets_) attempt([&] { set.metrics = measured(evaluator, set); });
    });
  for (const auto& line : metrics_table(sets_)) say(line);
}

/// Runs the applications that the experiment asks for.
void Runner::apply() {
  const auto applications = applications_of(experiment_);
  if (applications.empty()) return;
  const TrainedRun run = trained_run(experiment_, model_);
  const ApplicationInput input;
  Hdf5File file = open_results(directory_.path());
  std::vector<std::pair<std::string, Findings>> all;
  for (const auto& [title, application] : applications) {
    attempt([&] {
      const Findings& found = all.emplace_back(title, application(run, input, options_)).second;
      if (options_.stopping()) throw Cancelled("[run] stopped");
      file.remove("/applications/" + title);
      write_findings(file, "/applications/" + title, found);
      save_results(directory_.path(), file);
      write_findings_files(directory_.path(), title, found);
      say(title);
      for (const auto& line : figure_lines(found)) say("  " + line);
    });
  }
  write_file_atomically(directory_.file("report.html"), findings_report(experiment_.name, all));
}

void Runner::write_results() {
  const RunResults results{.run_id = directory_.path().filename().string(),
                           .config_text = dump(experiment_),
                           .data_sha256 = model_.facts.sha256,
                           .range = model_.facts.range,
                           .held_out_index = model_.facts.held_out_index,
                           .training = rows_,
                           .samples = sets_};
  std::error_code absent;
  const bool again = std::filesystem::exists(directory_.file(results_name), absent);
  save_results(directory_.path(),
               results_file(experiment_, results, again ? open_results(directory_.path()) : Hdf5File()));
  std::set<std::filesystem::path> files = {directory_.file("results.h5"), directory_.file(weights_file)};
  for (const auto& entry : std::filesystem::directory_iterator(directory_.path()))
    if (entry.path().extension() == ".png") files.insert(entry.path());
  for (const auto& file : files) say(fmt::format("wrote    {}", file.string()));
}

RunResult execute(RunDirectory directory, const Experiment& experiment, Model model, const RunOptions& options) {
  write_run_file(directory.path(), facts_file, to_json(model.facts));
  directory.update_status(provenance_json(options.command_line));
  directory.update_status(fmt::format(R"({{"status": "running", "started": "{}"}})", utc_now()));
  try {
    Runner runner(directory, experiment, std::move(model), options);
    const Outcome outcome = runner.execute();
    directory.update_status(outcome == Outcome::done ? status_json("done", "") : status_json("stopped", "signal"));
    return {.outcome = outcome,
            .path = directory.path(),
            .samples = runner.take_samples(),
            .steps = runner.steps(),
            .of_steps = experiment.train.steps};
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

std::string RunResult::how_to_go_on() const {
  return fmt::format("step {} of {} is saved; go on with `fokker resume {}`", steps, of_steps, path.string());
}

RunResult run(const Experiment& experiment, const std::filesystem::path& out, const RunOptions& options) {
  const std::string text = dump(experiment);
  const auto path = out.empty() ? default_run_path(experiment.name, text) : out;
  RunDirectory::require_new(path);
  require_folder_place(path);
  Model model = checked(build(experiment), experiment);  // before the folder: wrong input leaves nothing behind
  return execute(RunDirectory::create(path, text), experiment, std::move(model), options);
}

RunResult resume(const std::filesystem::path& path, const RunOptions& options) {
  RunDirectory directory = RunDirectory::open(path);
  const Experiment experiment = read_run(path);
  auto facts = read_run_facts(path);
  Model model = facts ? build(experiment, std::move(*facts)) : build(experiment);
  return execute(std::move(directory), experiment, checked(std::move(model), experiment), options);
}

}  // namespace fokker
