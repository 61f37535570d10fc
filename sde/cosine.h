#pragma once

#include "fokker/sde/sde.h"

namespace fokker {

/// The cosine schedule [nichol2021] as a VP SDE in continuous time:  α(t) = cos(θ(t)) / cos(θ(0)),
///   θ(t) = (t + s)/(1 + s) · π/2,  s = 0.008;  dx = −½ β x dt + √β dB,  β = π/(1 + s) · tan θ.
/// β diverges at t = 1.  Therefore t_max is 0.9946 [lu2022], where log(α/σ) = −4.78.
class Cosine final : public ForwardSde {
 public:
  std::unique_ptr<Sde> clone() const override { return std::make_unique<Cosine>(*this); }
  std::string name() const override { return "cosine"; }
  Marginal marginal(double t) const override;
  double drift_rate(double t) const override;
  double diffusion_rate(double t) const override;
  double time_of_lambda(double lambda) const override;
  double t_max() const override { return 0.9946; }
};

}  // namespace fokker
