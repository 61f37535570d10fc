#pragma once

#include <memory>
#include <string>
#include <vector>

#include "fokker/score/objectives/decoder.h"
#include "fokker/score/objectives/noising.h"

namespace fokker {

/// Settings of improved DDPM [nichol2021].
struct LearnedVarianceConfig {
  /// "hybrid" minimises L_simple + 0.001 L_vlb, where L_vlb trains the variances alone.  "vlb" minimises L_vlb in bits
  /// a dimension and draws its terms in proportion to √E[L_t²] over the last ten values of each.
  std::string objective = "hybrid";
  Parameterization parameterization = {};
  TimeSamplingConfig times = {.levels = 1000};
  GreyLevels grey = {};
};

/// Improved DDPM [nichol2021]: a model of `levels` noise levels t_1 = t_min, …, t_T = t_max that also learns the
/// variance v of its reverse steps.  The network returns twice the channels of the data: a prediction, and w = (1 +
/// output)/2 in
///   log v = w log β + (1 − w) log β̃ = log β̃ + 2 w log(σ_t/σ_s).
/// Here β is the variance of the forward step from s to t, and β̃ is that of the posterior q(x_s|x_t, x₀).  The terms of
/// the bound are
///   L_t = KL(q(x_s|x_t, x₀) ‖ N(mean, v)) = ½ Σ (ρ + e^−ρ (1 + expm1(2 (λ_s − λ_t)) (ε − ε̂)²) − 1),  ρ = log(v/β̃);
///   L_1 = −log p(x₀|x̂₀), with the deviation σ/α at t_1;
///   L_vlb = KL(q(x_T|x₀) ‖ prior) + Σ L_t.
class LearnedVariance final : public Objective {
 public:
  /// Throws ConfigError for settings that are unknown or do not fit together.
  explicit LearnedVariance(const ForwardSde& sde, LearnedVarianceConfig config = {});

  ShardLoss loss(const Network& network, const Shard& shard) const override;
  std::shared_ptr<const ForwardSde> sde() const override { return sde_; }
  /// The score that the prediction gives.
  Score score(std::shared_ptr<const Network> network) const override;
  /// The log variance ratio ρ, for any two times s < t.
  LogVarianceRatio log_variance_ratio(std::shared_ptr<const Network> network) const override;
  std::unique_ptr<Module> clone() const override { return std::make_unique<LearnedVariance>(*this); }
  void visit(const ParameterVisitor& visitor) override;
  /// "vlb" remembers the terms L_t of a batch.
  void observe(std::span<const double> label, std::span<const double> error) override;
  /// The probability with which "vlb" draws each level.
  std::vector<double> probabilities() const;

 private:
  struct Draw {
    std::vector<std::size_t> index;  // level of each sample
    TimeDraw time;                   // 1/(T probability) is the weight of a draw
  };
  Draw draw(const Shard& shard) const;
  /// L_t of each sample in bits a dimension, [B], f64.  `difference` is ε − ε̂, and `output` is the network's output for
  /// the variance.
  Tensor bound_terms(const Shard& shard, const Noised& noised, const Draw& draw, const Tensor& difference,
                     const Tensor& output) const;
  /// The divergence from the prior in bits a dimension, [B], f64.  Nothing in it is trained.
  Tensor prior_terms(const Shard& shard) const;

  std::shared_ptr<const ForwardSde> sde_;
  LearnedVarianceConfig config_;
  TimeSampler sampler_;
  std::vector<double> t_;
  Tensor history_, count_;  // [T, 10] and [T], f64: the last L_t of each level, and how many there have been
};

}  // namespace fokker
