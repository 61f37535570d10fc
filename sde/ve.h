#pragma once

#include "fokker/sde/sde.h"

namespace fokker {

/// The noise level at t = 0 and at t = 1, in the units of x.
struct VEConfig {
  double sigma_min = 0.01, sigma_max = 50;
};

/// The variance-exploding SDE [song2021]:  dx = σ(t) √(2 ln(σ_max/σ_min)) dB,
/// σ(t) = σ_min (σ_max/σ_min)^t,  t ∈ [0, 1].
/// Marginal:  α = 1,  σ = σ(t).  Data at t = 0 carry noise of σ_min, as in the paper: the
/// SDE alone adds the variance σ(t)² − σ_min².
class VE final : public ForwardSde {
 public:
  /// Throws ConfigError unless 0 < sigma_min < sigma_max.
  explicit VE(VEConfig config = {});
  std::unique_ptr<Sde> clone() const override { return std::make_unique<VE>(*this); }
  std::string name() const override { return "ve"; }
  Marginal marginal(double t) const override;
  double drift_rate(double) const override { return 0; }
  double diffusion_rate(double t) const override;
  double time_of_lambda(double lambda) const override;
  double t_min() const override { return 1e-5; }
  const VEConfig& config() const { return config_; }

 private:
  VEConfig config_;
  double log_ratio_;
};

}  // namespace fokker
