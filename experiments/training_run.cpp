#include "fokker/experiments/training_run.h"

#include "fokker/core/io/png.h"
#include "fokker/core/kernels/kernels.h"
#include "fokker/experiments/runs/training_log.h"
#include "fokker/experiments/saved_run.h"
#include "fokker/experiments/training/checkpoint.h"

namespace fokker {
namespace {

// In the metadata of a checkpoint: SHA-256 of metrics.jsonl until its step.
constexpr const char* log_key = "log_sha256";

}  // namespace

TrainingRun::TrainingRun(RunDirectory& directory, const Experiment& experiment, const RunOptions& options, Model& model)
    : directory_(directory),
      experiment_(experiment),
      options_(options),
      model_(model),
      log_(directory.file("metrics.jsonl")),
      instruction_sets_(kernels::table().name) {}

void TrainingRun::restore() {
  trainer_.emplace(model_.system, model_.data().training, experiment_.train, experiment_.seed);
  trainer_->augment(Augmentation(experiment_.data.augment, model_.data().training.range.low));
  trainer_->hold_out(model_.data().held_out);
  std::string digest;
  if (const auto state = latest_checkpoint(directory_.checkpoints())) {
    trainer_->restore(*state);
    note_instruction_set(*state);
    if (const auto at = state->metadata.find(log_key); at != state->metadata.end()) digest = at->second;
    say(fmt::format("resume   from step {}", trainer_->steps_done()));
  }
  rows_ = log_.read_until(trainer_->steps_done(), digest);
  if (!rows_.empty()) earlier_seconds_ = rows_.back().seconds;
  start_ = std::chrono::steady_clock::now();
}

bool TrainingRun::run() {
  march();
  if (!trainer_->finished()) return false;
  finish();
  trainer_.reset();
  return true;
}

void TrainingRun::say(const std::string& line) const {
  directory_.log(line);
  options_.say(line);
}

void TrainingRun::save() {
  log_.append(unsaved_);  // before the checkpoint, which relies on it
  unsaved_.clear();
  SafeTensors state = trainer_->state();
  state.metadata[log_key] = log_.digest();
  state.metadata["instruction_set"] = instruction_sets_;
  save_checkpoint(directory_.checkpoints(), std::move(state));
}

/// Reports and records an instruction set that differs from that of the checkpoint, because results depend on it in
/// rounding.
void TrainingRun::note_instruction_set(const SafeTensors& state) {
  const auto found = state.metadata.find("instruction_set");
  if (found == state.metadata.end() || found->second.ends_with(instruction_sets_)) return;
  say(
      fmt::format("warning  trained so far with the instruction set {}, from here with {}: the weights will differ in "
                  "rounding from those of one run; --isa (or FOKKER_ISA) baseline, v3 or v4 chooses",
                  found->second, instruction_sets_));
  instruction_sets_ = found->second + ", " + instruction_sets_;
  directory_.update_status(fmt::format(R"({{"instruction_set": "{}"}})", instruction_sets_));
}

void TrainingRun::step() {
  const StepReport report = trainer_->step();
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start_;
  rows_.push_back({.report = report, .seconds = earlier_seconds_ + elapsed.count()});
  unsaved_.push_back(rows_.back());
  const auto& config = experiment_.train;
  const bool last = trainer_->finished();
  if (last || report.step % config.log_interval() == 0)
    say(interval_line(rows_, config, model_.data().training.size()));
  const SafeTensors snapshot = trainer_->snapshot();
  if (!snapshot.tensors.empty()) save_snapshot(directory_.averages(), snapshot);
  if (last || report.step % config.checkpoint_every == 0) save();
  options_.show("training", report.step, config.steps);
}

/// Trains until it is finished or told to stop.  A failure leaves the losses until it in metrics.jsonl.
void TrainingRun::march() {
  std::int64_t saved = trainer_->steps_done();
  try {
    while (!trainer_->finished() && !options_.stopping()) {
      step();
      if (unsaved_.empty()) saved = trainer_->steps_done();
    }
  } catch (const NumericalError& error) {
    log_.append(unsaved_);
    const auto kept = saved > 0 ? fmt::format("the checkpoint of step {}", saved) : "no checkpoint yet";
    throw NumericalError(fmt::format("{}; kept: {}", error.what(), kept));
  }
  if (!unsaved_.empty()) save();
}

void TrainingRun::finish() {
  for (const auto& line : summary_lines(rows_, experiment_.train)) say(line);
  const Tensor levels = noise_level_picture(rows_);
  if (levels.defined()) write_png(directory_.file("noise-levels.png"), levels, {.scale = 8});
  model_.system = trainer_->averaged();
  model_.sde = model_.system.sde();
  write_weights(directory_.path(), *trainer_);
}

}  // namespace fokker
