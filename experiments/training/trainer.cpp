#include "fokker/experiments/training/trainer.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "fokker/core/base/flops.h"
#include "fokker/core/base/parallel.h"
#include "fokker/core/base/precision.h"
#include "fokker/core/kernels/kernels.h"
#include "fokker/core/ops/view.h"
#include "fokker/experiments/training/shards.h"

namespace fokker {
namespace {

constexpr std::int64_t max_lanes = 8;

std::unique_ptr<Optimizer> make_optimizer(const TrainConfig& config, std::vector<NamedParameter> parameters) {
  if (config.optimizer == "sgd") return std::make_unique<Sgd>(std::move(parameters), config.momentum);
  require<ConfigError>(config.optimizer == "adam" || config.optimizer == "adamw",
                       "[train] expected optimizer adam, adamw or sgd, got {}", config.optimizer);
  const double decay = config.optimizer == "adamw" ? config.weight_decay : 0;
  return std::make_unique<Adam>(std::move(parameters),
                                AdamConfig{.beta1 = config.betas[0], .beta2 = config.betas[1], .weight_decay = decay});
}

void accumulate(std::vector<Tensor>& sum, std::vector<Tensor> gradients) {
  const bool first = sum.empty();
  if (first) sum.resize(gradients.size());
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    Tensor gradient = std::exchange(gradients[i], {});
    if (first)  // a vjp may give the same memory to two parameters
      sum[i] = gradient.unique() ? gradient.detach() : gradient.clone();
    else
      kernels::elementwise(gradient.dtype()).accumulate(std::as_const(gradient).raw(), sum[i].raw(), gradient.size());
  }
}

}  // namespace

Trainer::Trainer(System system, Dataset training, TrainConfig config, std::uint64_t seed)
    : system_(std::move(system)),
      training_(std::move(training)),
      config_(std::move(config)),
      seed_(seed),
      order_(seed, training_.size(), config_.step_samples()),
      parameters_(system_.trainable_parameters()),
      optimizer_(make_optimizer(config_, parameters_)),
      averages_(parameters_, config_),
      divergence_(config_.explode),
      early_stop_(config_.patience, averages_.main()),
      shard_rows_(rows_of_a_shard(training_, config_.step_samples())),
      label_(static_cast<std::size_t>(config_.step_samples())),
      error_(label_.size()) {
  check_labels(*system_.network, training_);
  const std::int64_t shards = shard_count(config_.step_samples(), shard_rows_);
  for (std::int64_t i = 0; i < std::min(shards, max_lanes); ++i) add_lane();
}

Trainer::Trainer(std::shared_ptr<Network> network, const ForwardSde& sde, Dataset training, TrainConfig config,
                 std::uint64_t seed)
    : Trainer(System{std::move(network), make_objective(config, sde, {.sample = sample_shape(training), .seed = seed})},
              training, config, seed) {}

void Trainer::add_lane() {
  Lane lane{.network = std::unique_ptr<Network>(static_cast<Network*>(system_.network->replica().release())),
            .objective = std::unique_ptr<Objective>(static_cast<Objective*>(system_.objective->replica().release())),
            .leaves = {},
            .gradients = {},
            .loss = 0,
            .operations = 0,
            .levels = false};
  for (const auto& parameter : lane.network->trainable_parameters()) lane.leaves.push_back(*parameter.tensor);
  for (const auto& parameter : lane.objective->trainable_parameters()) lane.leaves.push_back(*parameter.tensor);
  lanes_.push_back(std::move(lane));
}

Tensor Trainer::gathered(std::span<const std::int64_t> rows, std::int64_t first) const {
  Tensor x = gather(training_.x, rows);
  return augmentation_.empty() ? x : augmentation_(x, seed_, steps_done(), first);
}

Shard Trainer::shard(std::int64_t index, std::span<const std::int64_t> rows) const {
  const std::int64_t first = index * shard_rows_, batch = config_.step_samples();
  const auto count = std::min(shard_rows_, batch - first);
  const auto own = rows.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count));
  const auto step = static_cast<std::uint32_t>(steps_done());
  Shard shard =
      make_shard(*system_.network, training_, own, {.seed = seed_, .step = step, .first = first, .batch = batch});
  if (!augmentation_.empty()) shard.x0 = augmentation_(shard.x0, seed_, steps_done(), first);
  if (!pairs_.empty()) shard.noise_rows.assign(pairs_.begin() + first, pairs_.begin() + first + count);
  return shard;
}

void Trainer::run_lane(std::int64_t index, std::span<const std::int64_t> rows) {
  const MixedPrecision scope(precision_of(config_.precision));
  Lane& lane = lanes_[static_cast<std::size_t>(index)];
  lane.gradients.clear();
  lane.loss = 0;
  const std::int64_t before = operations_done();
  const auto stride = static_cast<std::int64_t>(lanes_.size());
  for (std::int64_t i = index; i * shard_rows_ < config_.step_samples(); i += stride) {
    const Shard part = shard(i, rows);
    const ShardLoss loss = lane.objective->loss(*lane.network, part);
    lane.loss += loss.total.item();
    lane.levels = !loss.label.empty();
    std::ranges::copy(loss.label, label_.begin() + part.first);
    std::ranges::copy(loss.error, error_.begin() + part.first);
    accumulate(lane.gradients, grad(loss.total, lane.leaves));
  }
  lane.operations = operations_done() - before;
}

void Trainer::hold_out(const Dataset& held_out) {
  if (held_out.size() == 0) return;
  check_labels(*system_.network, held_out);
  held_out_.emplace(held_out, config_, seed_);
}

StepReport Trainer::step() {
  const auto rows = order_.indices(steps_done());
  if (system_.objective->couples())
    pairs_ = system_.objective->coupling(gathered(rows, 0), seed_, static_cast<std::uint32_t>(steps_done()));
  parallel(static_cast<std::int64_t>(lanes_.size()), [&](std::int64_t lane) { run_lane(lane, rows); });
  StepReport report{
      .step = steps_done() + 1, .loss = 0, .gradient_norm = 0, .learning_rate = 0, .ema_decay = averages_.decay_now()};
  std::vector<std::vector<Tensor>> gradients;
  for (Lane& lane : lanes_) {
    report.loss += lane.loss;
    report.operations += lane.operations;
    gradients.push_back(std::move(lane.gradients));
  }
  sum_lanes(gradients);
  lanes_[0].gradients = std::move(gradients[0]);
  update(report);
  observe(report);
  return report;
}

void Trainer::update(StepReport& report) {
  const auto& gradients = lanes_[0].gradients;
  report.gradient_norm = gradient_norm(gradients);
  divergence_.check({.step = report.step,
                     .loss = report.loss,
                     .gradient_norm = report.gradient_norm,
                     .parameters = parameters_,
                     .gradients = gradients,
                     .data = training_});
  const ScheduleConfig schedule{.kind = config_.schedule, .warmup = config_.warmup, .total = config_.steps};
  report.learning_rate = config_.learning_rate * schedule_factor(schedule, steps_done());
  const double factor = clip_factor(report.gradient_norm, config_.clip);
  report.clipped = factor < 1;
  optimizer_->step(gradients, report.learning_rate, factor);
  averages_.update();
}

void Trainer::observe(StepReport& report) {
  if (lanes_[0].levels) {
    system_.objective->observe(label_, error_);
    noise_levels_.observe(label_, error_);
  }
  const bool last = report.step == config_.steps;
  if (last || report.step % config_.log_interval() == 0) report.levels = noise_levels_.take();
  if (!held_out_ || (!last && report.step % config_.validation_interval() != 0)) return;
  report.held_out_loss = (*held_out_)(system_.with(averages_.main()), report.step);
  early_stop_.see(report.step, *report.held_out_loss, averages_.main());
}

System Trainer::own_copy(const NamedTensors& average) const {
  const System copy = system_.with(average);
  for (const auto& p : copy.parameters())
    if (!p.trainable) *p.tensor = p.tensor->clone();
  return copy;
}

System Trainer::averaged() const { return own_copy(early_stop_.best() ? *early_stop_.best() : averages_.main()); }

SafeTensors Trainer::snapshot() const {
  const bool due = finished() || steps_done() % config_.snapshot_interval() == 0;
  return due ? averages_.snapshot() : SafeTensors{};
}

NamedTensors Trainer::live_tensors() const {
  NamedTensors result;
  const auto append = [&](const std::string& prefix, NamedTensors tensors) {
    for (auto& [name, tensor] : tensors) result.emplace_back(prefix + name, std::move(tensor));
  };
  for (const auto& p : system_.parameters()) result.emplace_back("model." + p.name, p.tensor->detach());
  append("", averages_.state());
  append("optimizer.", optimizer_->state());
  append("", early_stop_.state());
  result.emplace_back("statistics.noise_levels", noise_levels_.state());
  result.emplace_back("statistics.losses", divergence_.state());
  return result;
}

SafeTensors Trainer::state() const {
  check_finite(parameters_, steps_done());
  return {.tensors = live_tensors(), .metadata = {{"step", fmt::to_string(steps_done())}}};
}

void Trainer::restore(const SafeTensors& state) {
  auto live = live_tensors();
  require<ConfigError>(live.size() == state.tensors.size() && state.metadata.contains("step"),
                       "[restore] expected {} tensors and the step, got {} tensors: the state is of another network",
                       live.size(), state.tensors.size());
  for (std::size_t i = 0; i < live.size(); ++i) {
    const auto& [name, value] = state.tensors[i];
    Tensor& target = live[i].second;
    require<ConfigError>(name == live[i].first && value.shape() == target.shape() && value.dtype() == target.dtype(),
                         "[restore] expected {} {}, got {} {}: the state is of another network", live[i].first,
                         to_string(target.shape()), name, to_string(value.shape()));
  }
  for (std::size_t i = 0; i < live.size(); ++i)
    std::memcpy(live[i].second.raw(), state.tensors[i].second.raw(), static_cast<std::size_t>(live[i].second.bytes()));
  optimizer_->set_steps(std::stoll(state.metadata.at("step")));
  averages_.set_updates(steps_done());
}

System train(std::shared_ptr<Network> network, const ForwardSde& sde, Dataset training, TrainConfig config,
             std::uint64_t seed, const std::function<bool(const StepReport&)>& progress) {
  Trainer trainer(std::move(network), sde, std::move(training), std::move(config), seed);
  for (bool go_on = true; go_on && !trainer.finished();) {
    const StepReport report = trainer.step();
    go_on = !progress || progress(report);
  }
  return trainer.averaged();
}

}  // namespace fokker
