#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "fokker/core/nn/module.h"

namespace fokker {

/// Changes parameters in place by their gradients; the work is cut into fixed chunks over the workers.
class Optimizer {
 public:
  virtual ~Optimizer() = default;
  /// `gradients` in the order of the parameters; each is first multiplied by `gradient_scale` (clipping, averaging).
  virtual void step(std::span<const Tensor> gradients, double learning_rate, double gradient_scale = 1) = 0;
  /// Everything beside the parameters that the next step depends on, by name; the tensors are the live ones.
  virtual std::vector<std::pair<std::string, Tensor>> state() = 0;
  std::int64_t steps() const { return steps_; }
  void set_steps(std::int64_t steps) { steps_ = steps; }

 protected:
  explicit Optimizer(std::vector<NamedParameter> parameters);
  void check(std::span<const Tensor> gradients) const;

  std::vector<std::string> names_;
  std::vector<Tensor> parameters_;
  std::vector<double> rates_;
  std::int64_t steps_ = 0;
};

struct AdamConfig {
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;
  double weight_decay = 0;  // decoupled: AdamW
};

/// Adam [kingma2015]; with weight decay AdamW [loshchilov2019].
class Adam final : public Optimizer {
 public:
  explicit Adam(std::vector<NamedParameter> parameters, AdamConfig config = {});
  void step(std::span<const Tensor> gradients, double learning_rate, double gradient_scale = 1) override;
  std::vector<std::pair<std::string, Tensor>> state() override;

 private:
  AdamConfig config_;
  std::vector<Tensor> m_, v_;
};

/// v ← momentum·v + g, p ← p − learning_rate·v
class Sgd final : public Optimizer {
 public:
  explicit Sgd(std::vector<NamedParameter> parameters, double momentum = 0);
  void step(std::span<const Tensor> gradients, double learning_rate, double gradient_scale = 1) override;
  std::vector<std::pair<std::string, Tensor>> state() override;

 private:
  double momentum_;
  std::vector<Tensor> velocity_;
};

/// The share d of the old average that the update after n others keeps.
using EmaDecay = std::function<double(std::int64_t n)>;
/// min(decay, (1 + n)/(10 + n)), so that the start is forgotten.
EmaDecay exponential_decay(double decay);
/// The power function of a length [karras2024], see power_average.h.
EmaDecay power_function_decay(double length);

/// Moving average of parameters: average += (1 − d)(p − average).
class Ema {
 public:
  Ema(std::vector<NamedParameter> parameters, EmaDecay decay);
  void update();
  double decay_now() const { return decay_(updates_); }
  /// Averages by parameter name; the tensors are the live ones.
  const std::vector<std::pair<std::string, Tensor>>& averages() const { return averages_; }
  std::int64_t updates() const { return updates_; }
  void set_updates(std::int64_t updates) { updates_ = updates; }

 private:
  std::vector<Tensor> parameters_;
  std::vector<std::pair<std::string, Tensor>> averages_;
  EmaDecay decay_;
  std::int64_t updates_ = 0;
};

/// Euclidean norm of all gradients together, and the factor that brings it to at most `max_norm` (0: no bound).
double gradient_norm(std::span<const Tensor> gradients);
double clip_factor(double norm, double max_norm);

/// Sums lanes[1], lanes[2], … into lanes[0] in a fixed tree; the result does not depend on the number of workers.
void sum_lanes(std::span<std::vector<Tensor>> lanes);

struct ScheduleConfig {
  std::string kind = "constant";  // constant | cosine
  std::int64_t warmup = 0;        // steps of linear rise
  std::int64_t total = 0;         // cosine: the step at which the factor reaches `last`
  double last = 0;
};

/// The factor of the learning rate at `step` (from 0), in (0, 1].
double schedule_factor(const ScheduleConfig& schedule, std::int64_t step);

}  // namespace fokker
