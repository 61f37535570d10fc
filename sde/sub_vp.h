#pragma once

#include "fokker/sde/vp.h"

namespace fokker {

/// The sub-VP SDE [song2021]:  dx = −½ β x dt + √(β (1 − e^{−2∫β})) dB,  t ∈ [0, 1].
/// Marginal:  α = exp(−½ ∫β),  σ = 1 − α²  (not its root).
class SubVP final : public ForwardSde {
 public:
  /// Throws ConfigError unless 0 < beta_min ≤ beta_max.
  explicit SubVP(VPConfig config = {});
  std::unique_ptr<Sde> clone() const override { return std::make_unique<SubVP>(*this); }
  std::string name() const override { return "sub_vp"; }
  Marginal marginal(double t) const override;
  double drift_rate(double t) const override;
  double diffusion_rate(double t) const override;
  double time_of_lambda(double lambda) const override;
  const VPConfig& config() const { return config_; }

 private:
  VPConfig config_;
};

}  // namespace fokker
