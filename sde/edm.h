#pragma once

#include "fokker/sde/sde.h"

namespace fokker {

/// The least and the largest noise level, in the units of x.
struct EDMConfig {
  double sigma_min = 0.002, sigma_max = 80;
};

/// The SDE of EDM [karras2022], whose time is the noise level:  dx = √(2t) dB,  t ∈ [0, σ_max].
/// Marginal:  α = 1,  σ = t.  Sampling ends at t_min = σ_min.
class EDM final : public ForwardSde {
 public:
  /// Throws ConfigError unless 0 < sigma_min < sigma_max.
  explicit EDM(EDMConfig config = {});
  std::unique_ptr<Sde> clone() const override { return std::make_unique<EDM>(*this); }
  std::string name() const override { return "edm"; }
  Marginal marginal(double t) const override { return {1, t}; }
  double drift_rate(double) const override { return 0; }
  double diffusion_rate(double t) const override;
  double time_of_lambda(double lambda) const override;
  double t_min() const override { return config_.sigma_min; }
  double t_max() const override { return config_.sigma_max; }
  /// The label is logarithmic in the noise, since the noise spans decades.
  double label(double t) const override;
  double time_of_label(double label) const override;
  const EDMConfig& config() const { return config_; }

 private:
  EDMConfig config_;
};

}  // namespace fokker
