#include "fokker/experiments/runner.h"

#include <set>

#include "fokker/core/io/file.h"
#include "fokker/experiments/application_registry.h"
#include "fokker/experiments/checks.h"
#include "fokker/experiments/report/findings_report.h"
#include "fokker/experiments/report/pictures.h"
#include "fokker/experiments/runs/provenance.h"
#include "fokker/experiments/runs/utc.h"
#include "fokker/experiments/saved_run.h"
#include "fokker/experiments/training_run.h"

namespace fokker {
namespace {

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
  std::int64_t steps() const { return std::ssize(training_.rows()); }

 private:
  void describe();
  void may_be_left(bool may) const;
  template <class Work>
  void attempt(Work&& work);
  bool train();
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
  Experiment experiment_;
  const RunOptions& options_;
  Model model_;
  TrainingRun training_{directory_, experiment_, options_, model_};
  std::vector<SampleSet> sets_;
  std::exception_ptr failure_;  // the first one after the training
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

bool Runner::train() {
  training_.restore();
  may_be_left(false);
  if (!training_.run()) return false;
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
                           .training = training_.rows(),
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
