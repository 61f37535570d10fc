#include "fokker/experiments/training/averages.h"

namespace fokker {
namespace {

void append(NamedTensors& result, const std::string& prefix, const Ema& ema) {
  for (const auto& [name, tensor] : ema.averages()) result.emplace_back(prefix + name, tensor);
}

}  // namespace

Averages::Averages(const std::vector<NamedParameter>& parameters, const TrainConfig& config)
    : decays_(config.emas), lengths_(config.ema_lengths), main_(parameters, exponential_decay(config.ema)) {
  for (double decay : decays_) further_.emplace_back(parameters, exponential_decay(decay));
  for (double length : lengths_) power_.emplace_back(parameters, power_function_decay(length));
}

void Averages::update() {
  main_.update();
  for (Ema& ema : further_) ema.update();
  for (Ema& ema : power_) ema.update();
}

void Averages::set_updates(std::int64_t updates) {
  main_.set_updates(updates);
  for (Ema& ema : further_) ema.set_updates(updates);
  for (Ema& ema : power_) ema.set_updates(updates);
}

NamedTensors Averages::power_averages() const {
  NamedTensors result;
  for (std::size_t i = 0; i < power_.size(); ++i) append(result, fmt::format("length-{}.", lengths_[i]), power_[i]);
  return result;
}

NamedTensors Averages::state() const {
  NamedTensors result;
  append(result, "ema.", main_);
  for (std::size_t i = 0; i < further_.size(); ++i) append(result, fmt::format("ema-{}.", decays_[i]), further_[i]);
  for (auto& entry : power_averages()) result.push_back(std::move(entry));
  return result;
}

SafeTensors Averages::snapshot() const {
  return {.tensors = power_averages(), .metadata = {{"step", fmt::to_string(main_.updates())}}};
}

}  // namespace fokker
