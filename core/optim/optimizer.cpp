#include "fokker/core/optim/optimizer.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "fokker/core/base/parallel.h"
#include "fokker/core/kernels/kernels.h"
#include "fokker/core/ops/elementwise.h"
#include "fokker/core/optim/power_average.h"

namespace fokker {
namespace {

constexpr std::int64_t chunk_elements = 8192;

std::vector<Tensor> zeros_like(const std::vector<Tensor>& tensors) {
  std::vector<Tensor> result;
  for (const Tensor& t : tensors) result.push_back(Tensor::zeros(t.shape(), t.dtype()));
  return result;
}

void* at(Tensor& t, std::int64_t element) { return static_cast<char*>(t.raw()) + element * element_size(t.dtype()); }
const void* at(const Tensor& t, std::int64_t element) {
  return static_cast<const char*>(t.raw()) + element * element_size(t.dtype());
}

/// Chunks of several tensors as one list of tasks; small tensors share a task.
template <class F>
void over_chunks(std::span<const Tensor> tensors, F visit) {
  struct Piece {
    std::size_t tensor;
    std::int64_t begin, length;
  };
  std::vector<std::vector<Piece>> tasks;
  std::int64_t room = 0;
  for (std::size_t i = 0; i < tensors.size(); ++i)
    for (std::int64_t begin = 0; begin < tensors[i].size(); begin += chunk_elements) {
      const std::int64_t length = std::min(chunk_elements, tensors[i].size() - begin);
      if (room < length) {
        tasks.emplace_back();
        room = chunk_elements;
      }
      tasks.back().push_back({i, begin, length});
      room -= length;
    }
  parallel(static_cast<std::int64_t>(tasks.size()), [&](std::int64_t task) {
    for (const Piece& p : tasks[static_cast<std::size_t>(task)]) visit(task, p.tensor, p.begin, p.length);
  });
}

std::vector<std::pair<std::string, Tensor>> named(const std::string& prefix, const std::vector<std::string>& names,
                                                  const std::vector<Tensor>& tensors) {
  std::vector<std::pair<std::string, Tensor>> result;
  for (std::size_t i = 0; i < names.size(); ++i) result.emplace_back(prefix + names[i], tensors[i]);
  return result;
}

}  // namespace

Optimizer::Optimizer(std::vector<NamedParameter> parameters) {
  for (const auto& p : parameters) {
    names_.push_back(p.name);
    parameters_.push_back(*p.tensor);
    rates_.push_back(p.rate);
  }
}

void Optimizer::check(std::span<const Tensor> gradients) const {
  require<ShapeError>(gradients.size() == parameters_.size(), "[optimizer] expected {} gradients, got {}",
                      parameters_.size(), gradients.size());
  for (std::size_t i = 0; i < gradients.size(); ++i)
    require<ShapeError>(
        gradients[i].shape() == parameters_[i].shape() && gradients[i].dtype() == parameters_[i].dtype(),
        "[optimizer] {}: expected a gradient {}, got {}", names_[i], parameters_[i].shape(), gradients[i].shape());
}

Adam::Adam(std::vector<NamedParameter> parameters, AdamConfig config)
    : Optimizer(std::move(parameters)), config_(config), m_(zeros_like(parameters_)), v_(zeros_like(parameters_)) {}

void Adam::step(std::span<const Tensor> gradients, double learning_rate, double gradient_scale) {
  check(gradients);
  ++steps_;
  const double t = static_cast<double>(steps_);
  const kernels::AdamArguments arguments{.learning_rate = learning_rate,
                                         .beta1 = config_.beta1,
                                         .beta2 = config_.beta2,
                                         .epsilon = config_.epsilon,
                                         .decay = learning_rate * config_.weight_decay,
                                         .correction1 = 1 / -std::expm1(t * std::log(config_.beta1)),
                                         .correction2 = 1 / -std::expm1(t * std::log(config_.beta2)),
                                         .gradient_scale = gradient_scale};
  over_chunks(parameters_, [&](std::int64_t, std::size_t i, std::int64_t begin, std::int64_t length) {
    kernels::AdamArguments own = arguments;
    own.learning_rate *= rates_[i];
    own.decay *= rates_[i];
    kernels::update(parameters_[i].dtype())
        .adam(own, at(gradients[i], begin), at(parameters_[i], begin), at(m_[i], begin), at(v_[i], begin), length);
  });
}

std::vector<std::pair<std::string, Tensor>> Adam::state() {
  auto result = named("m.", names_, m_);
  for (auto& entry : named("v.", names_, v_)) result.push_back(std::move(entry));
  return result;
}

Sgd::Sgd(std::vector<NamedParameter> parameters, double momentum)
    : Optimizer(std::move(parameters)), momentum_(momentum), velocity_(zeros_like(parameters_)) {}

void Sgd::step(std::span<const Tensor> gradients, double learning_rate, double gradient_scale) {
  check(gradients);
  ++steps_;
  over_chunks(parameters_, [&](std::int64_t, std::size_t i, std::int64_t begin, std::int64_t length) {
    const auto& kernel = kernels::elementwise(parameters_[i].dtype());
    const double weights[] = {momentum_, gradient_scale};
    const void* terms[] = {at(velocity_[i], begin), at(gradients[i], begin)};
    kernel.weighted_sum(weights, terms, 2, at(velocity_[i], begin), length);
    const double down[] = {1, -learning_rate * rates_[i]};
    const void* moved[] = {at(parameters_[i], begin), at(velocity_[i], begin)};
    kernel.weighted_sum(down, moved, 2, at(parameters_[i], begin), length);
  });
}

std::vector<std::pair<std::string, Tensor>> Sgd::state() { return named("velocity.", names_, velocity_); }

EmaDecay exponential_decay(double decay) {
  return [decay](std::int64_t updates) {
    const auto n = static_cast<double>(updates);
    return std::min(decay, (1 + n) / (10 + n));
  };
}

EmaDecay power_function_decay(double length) {
  return [power = power_of_length(length)](std::int64_t updates) { return power_decay(power, updates + 1); };
}

Ema::Ema(std::vector<NamedParameter> parameters, EmaDecay decay) : decay_(std::move(decay)) {
  for (const auto& p : parameters) {
    parameters_.push_back(*p.tensor);
    averages_.emplace_back(p.name, p.tensor->clone());
  }
}

void Ema::update() {
  const double decay = decay_now();
  ++updates_;
  over_chunks(parameters_, [&](std::int64_t, std::size_t i, std::int64_t begin, std::int64_t length) {
    kernels::update(parameters_[i].dtype())
        .ema(decay, at(std::as_const(parameters_[i]), begin), at(averages_[i].second, begin), length);
  });
}

double gradient_norm(std::span<const Tensor> gradients) {
  std::int64_t elements = 0;
  for (const Tensor& g : gradients) elements += g.size();
  std::vector<double> squares(static_cast<std::size_t>(elements / chunk_elements) + gradients.size() + 1);
  over_chunks(gradients, [&](std::int64_t task, std::size_t i, std::int64_t begin, std::int64_t length) {
    squares[static_cast<std::size_t>(task)] +=
        kernels::reduce(gradients[i].dtype()).sum_of_squares(at(gradients[i], begin), length);
  });
  double total = 0;
  for (double s : squares) total += s;
  return std::sqrt(total);
}

double clip_factor(double norm, double max_norm) { return max_norm > 0 && norm > max_norm ? max_norm / norm : 1; }

void sum_lanes(std::span<std::vector<Tensor>> lanes) {
  over_chunks(lanes[0], [&](std::int64_t, std::size_t i, std::int64_t begin, std::int64_t length) {
    for (std::size_t stride = 1; stride < lanes.size(); stride *= 2)
      for (std::size_t lane = 0; lane + stride < lanes.size(); lane += 2 * stride)
        kernels::elementwise(lanes[0][i].dtype())
            .accumulate(at(std::as_const(lanes[lane + stride][i]), begin), at(lanes[lane][i], begin), length);
  });
}

double schedule_factor(const ScheduleConfig& schedule, std::int64_t step) {
  if (step < schedule.warmup) return static_cast<double>(step + 1) / static_cast<double>(schedule.warmup);
  if (schedule.kind == "constant") return 1;
  require<ConfigError>(schedule.kind == "cosine", "[schedule] expected constant or cosine, got {}", schedule.kind);
  const auto past = static_cast<double>(step - schedule.warmup);
  const double span = std::max(1.0, static_cast<double>(schedule.total - schedule.warmup));
  const double cosine = 0.5 * (1 + std::cos(std::numbers::pi * std::min(1.0, past / span)));
  return schedule.last + (1 - schedule.last) * cosine;
}

}  // namespace fokker
