#pragma once

#include <functional>
#include <string>

#include "fokker/sde/sde.h"

namespace fokker {

/// A noise schedule: γ(t) = −log SNR = −2 log(α/σ), rising on t ∈ [0, 1], and its derivative γ′(t).
struct NoiseSchedule {
  std::function<double(double t)> gamma, rate;
};

/// The variance-preserving SDE of a noise schedule [kingma2021]:  dx = −½ σ² γ′ x dt + σ √γ′ dB.
/// Marginal:  α² = 1/(1 + e^γ),  σ² = 1/(1 + e^−γ).  Data carry the noise of γ(0); the prior is N(0, 1).
class ScheduledSde final : public ForwardSde {
 public:
  /// Throws ConfigError unless γ(0) < γ(1).
  explicit ScheduledSde(NoiseSchedule schedule, std::string name = "scheduled");
  /// Makes the SDE "log_linear", whose γ is linear between its ends.
  static ScheduledSde linear(double first, double last);
  /// Makes the SDE "sigmoid", whose α² falls as a sigmoid between ±`reach` [jabri2023].  A share of 3·10⁻⁴ of the time
  /// is left out at either end, where the SNR is infinite or zero.
  static ScheduledSde sigmoid(double reach = 3);
  /// Makes a variance-preserving SDE whose SNR is that of `sde` times factor², as images of another size need it
  /// [hoogeboom2023].  Throws ConfigError where α² + σ² ≠ 1.
  static ScheduledSde shifted(const ForwardSde& sde, double factor);

  std::unique_ptr<Sde> clone() const override { return std::make_unique<ScheduledSde>(*this); }
  std::string name() const override { return name_; }
  Marginal marginal(double t) const override;
  double drift_rate(double t) const override;
  double diffusion_rate(double t) const override;
  double t_min() const override { return 1e-5; }
  /// Returns (γ(t) − γ(0))/(γ(1) − γ(0)), so that networks see the noise level, whatever the schedule.
  double label(double t) const override;
  double time_of_label(double label) const override;
  double prior_sigma() const override { return 1; }
  const NoiseSchedule& schedule() const { return schedule_; }

 private:
  NoiseSchedule schedule_;
  std::string name_;
  double first_, span_;
};

}  // namespace fokker
