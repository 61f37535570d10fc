#pragma once

#include "fokker/sde/sde.h"

namespace fokker {

/// The noise rate β(t) = β₀ + t (β₁ − β₀) on t ∈ [0, 1].
struct VPConfig {
  double beta_min = 0.1, beta_max = 20;

  double beta(double t) const { return beta_min + t * (beta_max - beta_min); }
  /// Returns ∫₀ᵗ β.
  double integral(double t) const { return t * (beta_min + 0.5 * t * (beta_max - beta_min)); }
  /// Returns the t in [0, 1] at which the integral is `b`, and 1 for larger values.
  double time(double b) const;
};

/// The variance-preserving SDE [song2021]:  dx = −½ β(t) x dt + √β(t) dB,  t ∈ [0, 1].
/// Marginal:  α = exp(−½ ∫β),  σ² = 1 − α².
class VP final : public ForwardSde {
 public:
  /// Throws ConfigError unless 0 < beta_min ≤ beta_max.
  explicit VP(VPConfig config = {});
  std::unique_ptr<Sde> clone() const override { return std::make_unique<VP>(*this); }
  std::string name() const override { return "vp"; }
  Marginal marginal(double t) const override;
  double drift_rate(double t) const override;
  double diffusion_rate(double t) const override;
  double time_of_lambda(double lambda) const override;
  const VPConfig& config() const { return config_; }

 private:
  VPConfig config_;
};

}  // namespace fokker
