#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "fokker/core/nn/module.h"

namespace fokker {

/// Changes parameters in place by their gradients.  The work is cut into fixed chunks over the workers.
class Optimizer {
 public:
  virtual ~Optimizer() = default;
  /// Makes one step with `gradients` in the order of the parameters.  Each is first multiplied by `gradient_scale`, for
  /// clipping and averaging.
  virtual void step(std::span<const Tensor> gradients, double learning_rate, double gradient_scale = 1) = 0;
  /// Returns by name everything beside the parameters that the next step depends on.  The tensors are the live ones.
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

/// The constants of Adam.
struct AdamConfig {
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;
  double weight_decay = 0;  // decoupled weight decay, as in AdamW
};

/// Adam [kingma2015], and with weight decay AdamW [loshchilov2019].
class Adam final : public Optimizer {
 public:
  explicit Adam(std::vector<NamedParameter> parameters, AdamConfig config = {});
  void step(std::span<const Tensor> gradients, double learning_rate, double gradient_scale = 1) override;
  std::vector<std::pair<std::string, Tensor>> state() override;

 private:
  AdamConfig config_;
  std::vector<Tensor> m_, v_;
};

/// Stochastic gradient descent with momentum:  v ← momentum·v + g,  p ← p − learning_rate·v.
class Sgd final : public Optimizer {
 public:
  explicit Sgd(std::vector<NamedParameter> parameters, double momentum = 0);
  void step(std::span<const Tensor> gradients, double learning_rate, double gradient_scale = 1) override;
  std::vector<std::pair<std::string, Tensor>> state() override;

 private:
  double momentum_;
  std::vector<Tensor> velocity_;
};

/// A function that returns the share d of the old average that the update after n others keeps.
using EmaDecay = std::function<double(std::int64_t n)>;
/// Returns min(decay, (1 + n)/(10 + n)), so that the start is forgotten.
EmaDecay exponential_decay(double decay);
/// Returns the decay of a power-function average of this length [karras2024]; see power_average.h.
EmaDecay power_function_decay(double length);

/// A moving average of parameters:  average += (1 − d)(p − average).
class Ema {
 public:
  Ema(std::vector<NamedParameter> parameters, EmaDecay decay);
  void update();
  double decay_now() const { return decay_(updates_); }
  /// Returns the averages by parameter name.  The tensors are the live ones.
  const std::vector<std::pair<std::string, Tensor>>& averages() const { return averages_; }
  std::int64_t updates() const { return updates_; }
  void set_updates(std::int64_t updates) { updates_ = updates; }

 private:
  std::vector<Tensor> parameters_;
  std::vector<std::pair<std::string, Tensor>> averages_;
  EmaDecay decay_;
  std::int64_t updates_ = 0;
};

/// Return the Euclidean norm of all gradients together, and the factor that
/// brings it to at most `max_norm` (0: no bound).
double gradient_norm(std::span<const Tensor> gradients);
double clip_factor(double norm, double max_norm);

/// Sums lanes[1], lanes[2], … into lanes[0] in a fixed tree, so that the result
/// does not depend on the number of workers.
void sum_lanes(std::span<std::vector<Tensor>> lanes);

/// How the learning rate changes with the step.
struct ScheduleConfig {
  std::string kind = "constant";  // constant | cosine
  std::int64_t warmup = 0;        // number of steps of linear rise
  std::int64_t total = 0;         // for cosine: the step at which the factor reaches `last`
  double last = 0;
};

/// Returns the factor of the learning rate at `step`, counted from 0, in (0, 1].
double schedule_factor(const ScheduleConfig& schedule, std::int64_t step);

}  // namespace fokker
