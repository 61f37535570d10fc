#include "fokker/experiments/trainer.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "fokker/core/kernels/kernels.h"
#include "fokker/core/ops/view.h"
#include "fokker/core/parallel.h"
#include "fokker/core/precision.h"

namespace fokker {
namespace {

constexpr std::int64_t max_lanes = 8;

std::unique_ptr<Optimizer> make_optimizer(const TrainConfig& config, std::vector<NamedParameter> parameters) {
  if (config.optimizer == "sgd") return std::make_unique<Sgd>(std::move(parameters), config.momentum);
  require<ConfigError>(config.optimizer == "adam" || config.optimizer == "adamw",
                       "[train] expected optimizer adam, adamw or sgd, got {}", config.optimizer);
  const double decay = config.optimizer == "adamw" ? config.weight_decay : 0;
  return std::make_unique<Adam>(std::move(parameters), AdamConfig{.weight_decay = decay});
}

/// Cache-sized shards that still leave work for several cores; a function of the work alone.
std::int64_t rows_of_a_shard(const Dataset& data, std::int64_t batch) {
  if (data.images()) {
    const std::int64_t pixels = data.x.size() / data.x.extent(0);
    return std::clamp<std::int64_t>(8192 / pixels, 1, std::max<std::int64_t>(1, batch / 4));
  }
  return std::clamp<std::int64_t>(256, 1, std::max<std::int64_t>(1, batch / 2));
}

void check_labels(const Network& network, const Dataset& data) {
  if (network.classes() == 0) return;
  require<ConfigError>(data.classes() > 0 && data.classes() <= network.classes(),
                       "[train] the network takes {} labels, the data has {}: set network.classes to those of the data",
                       network.classes(), data.classes());
}

Condition condition_of(const Network& network, const Dataset& data, std::span<const std::int64_t> rows) {
  Condition condition;
  if (network.classes() > 0)
    for (std::int64_t row : rows) condition.labels.push_back(data.labels[static_cast<std::size_t>(row)]);
  return condition;
}

void accumulate(std::vector<Tensor>& sum, std::vector<Tensor> gradients) {
  const bool first = sum.empty();
  if (first) sum.resize(gradients.size());
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    Tensor gradient = std::exchange(gradients[i], {});
    if (first)  // a vjp may hand the same memory to two parameters
      sum[i] = gradient.unique() ? gradient.detach() : gradient.clone();
    else
      kernels::elementwise(gradient.dtype()).accumulate(std::as_const(gradient).raw(), sum[i].raw(), gradient.size());
  }
}

}  // namespace

std::vector<NamedParameter> System::parameters() const {
  std::vector<NamedParameter> result = network->parameters();
  for (const NamedParameter& p : objective->parameters())
    result.push_back({"objective." + p.name, p.tensor, p.trainable});
  return result;
}

std::vector<NamedParameter> System::trainable_parameters() const {
  auto result = parameters();
  std::erase_if(result, [](const NamedParameter& p) { return !p.trainable; });
  return result;
}

Trainer::Trainer(System system, Dataset training, TrainConfig config, std::uint64_t seed)
    : system_(std::move(system)),
      training_(std::move(training)),
      config_(std::move(config)),
      seed_(seed),
      order_(seed, training_.size(), config_.batch),
      parameters_(system_.trainable_parameters()),
      optimizer_(make_optimizer(config_, parameters_)),
      ema_(parameters_, config_.ema),
      shard_rows_(rows_of_a_shard(training_, config_.batch)),
      label_(static_cast<std::size_t>(config_.batch)),
      error_(static_cast<std::size_t>(config_.batch)) {
  check_labels(*system_.network, training_);
  const std::int64_t shards = (config_.batch + shard_rows_ - 1) / shard_rows_;
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
            .loss = 0};
  for (const auto& parameter : lane.network->trainable_parameters()) lane.leaves.push_back(*parameter.tensor);
  for (const auto& parameter : lane.objective->trainable_parameters()) lane.leaves.push_back(*parameter.tensor);
  lanes_.push_back(std::move(lane));
}

Tensor Trainer::gathered(std::span<const std::int64_t> rows, std::int64_t first) const {
  Tensor x = gather(training_.x, rows);
  return augmentation_.empty() ? x : augmentation_(x, seed_, steps_done(), first);
}

Shard Trainer::shard(std::int64_t index, std::span<const std::int64_t> rows) const {
  const std::int64_t first = index * shard_rows_;
  const auto count = std::min(shard_rows_, config_.batch - first);
  const auto own = rows.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count));
  Shard shard{.x0 = gathered(own, first),
              .seed = seed_,
              .step = static_cast<std::uint32_t>(steps_done()),
              .first = first,
              .batch = config_.batch,
              .target = training_.target.defined() ? gather(training_.target, own) : Tensor{},
              .condition = condition_of(*system_.network, training_, own)};
  if (!pairs_.empty()) shard.noise_rows.assign(pairs_.begin() + first, pairs_.begin() + first + count);
  return shard;
}

void Trainer::run_lane(std::int64_t index, std::span<const std::int64_t> rows) {
  const MixedPrecision scope(precision_of(config_.precision));
  Lane& lane = lanes_[static_cast<std::size_t>(index)];
  lane.gradients.clear();
  lane.loss = 0;
  const auto stride = static_cast<std::int64_t>(lanes_.size());
  for (std::int64_t i = index; i * shard_rows_ < config_.batch; i += stride) {
    const Shard part = shard(i, rows);
    const ShardLoss loss = lane.objective->loss(*lane.network, part);
    lane.loss += loss.total.item();
    std::ranges::copy(loss.label, label_.begin() + part.first);
    std::ranges::copy(loss.error, error_.begin() + part.first);
    accumulate(lane.gradients, grad(loss.total, lane.leaves));
  }
}

void Trainer::check_finite(double loss, double norm) const {
  if (std::isfinite(loss) && std::isfinite(norm)) return;
  const auto step = steps_done() + 1;
  require<NumericalError>(std::isfinite(loss),
                          "[train] step {}: the loss is {}; the parameters are those of step {}. Lower "
                          "train.learning_rate, or look for values that are not finite in the data",
                          step, loss, step - 1);
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    const double own = gradient_norm(std::span(&lanes_[0].gradients[i], 1));
    require<NumericalError>(std::isfinite(own),
                            "[train] step {}: the gradient of {} is not finite; the parameters are those of step {}. "
                            "Lower train.learning_rate or train.clip",
                            step, parameters_[i].name, step - 1);
  }
}

StepReport Trainer::step() {
  const auto rows = order_.indices(steps_done());
  if (system_.objective->couples())
    pairs_ = system_.objective->coupling(gathered(rows, 0), seed_, static_cast<std::uint32_t>(steps_done()));
  parallel(static_cast<std::int64_t>(lanes_.size()), [&](std::int64_t lane) { run_lane(lane, rows); });
  double loss = 0;
  std::vector<std::vector<Tensor>> gradients;
  for (Lane& lane : lanes_) {
    loss += lane.loss;
    gradients.push_back(std::move(lane.gradients));
  }
  sum_lanes(gradients);
  lanes_[0].gradients = std::move(gradients[0]);
  const double norm = gradient_norm(lanes_[0].gradients);
  check_finite(loss, norm);
  const ScheduleConfig schedule{.kind = config_.schedule, .warmup = config_.warmup, .total = config_.steps};
  const double rate = config_.learning_rate * schedule_factor(schedule, steps_done());
  optimizer_->step(lanes_[0].gradients, rate, clip_factor(norm, config_.clip));
  const double decay = ema_.decay_now();
  ema_.update();
  system_.objective->observe(label_, error_);
  return {.step = steps_done(), .loss = loss, .gradient_norm = norm, .learning_rate = rate, .ema_decay = decay};
}

System Trainer::averaged() const {
  const System copy{std::shared_ptr<Network>(static_cast<Network*>(system_.network->clone().release())),
                    std::shared_ptr<Objective>(static_cast<Objective*>(system_.objective->clone().release()))};
  const auto parameters = copy.trainable_parameters();
  for (std::size_t i = 0; i < parameters.size(); ++i) *parameters[i].tensor = ema_.averages()[i].second.clone();
  return copy;
}

std::vector<std::pair<std::string, Tensor>> Trainer::live_tensors() const {
  std::vector<std::pair<std::string, Tensor>> result;
  for (const auto& p : system_.parameters()) result.emplace_back("model." + p.name, p.tensor->detach());
  for (const auto& [name, tensor] : ema_.averages()) result.emplace_back("ema." + name, tensor);
  for (auto& [name, tensor] : optimizer_->state()) result.emplace_back("optimizer." + name, tensor);
  return result;
}

SafeTensors Trainer::state() const {
  return {.tensors = live_tensors(),
          .metadata = {{"step", fmt::to_string(steps_done())}, {"ema_updates", fmt::to_string(ema_.updates())}}};
}

void Trainer::restore(const SafeTensors& state) {
  auto live = live_tensors();
  require<ConfigError>(
      live.size() == state.tensors.size() && state.metadata.contains("step") && state.metadata.contains("ema_updates"),
      "[restore] expected {} tensors and the step, got {} tensors: the state is of another network", live.size(),
      state.tensors.size());
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
  ema_.set_updates(std::stoll(state.metadata.at("ema_updates")));
}

System train(std::shared_ptr<Network> network, const ForwardSde& sde, Dataset training, TrainConfig config,
             std::uint64_t seed, const std::function<bool(const StepReport&)>& progress) {
  Trainer trainer(std::move(network), sde, std::move(training), std::move(config), seed);
  for (bool go_on = true; go_on && trainer.steps_done() < trainer.config().steps;) {
    const StepReport report = trainer.step();
    go_on = !progress || progress(report);
  }
  return trainer.averaged();
}

}  // namespace fokker
