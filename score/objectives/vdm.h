#pragma once

#include <optional>
#include <string>

#include "fokker/score/objectives/decoder.h"
#include "fokker/score/objectives/noise_curve.h"
#include "fokker/score/objectives/noising.h"

namespace fokker {

/// Settings of variational diffusion models.
struct VdmConfig {
  /// "fixed" keeps the schedule of the SDE.  "bound" and "variance" learn a schedule between the SDE's ends, which are
  /// learned, too.  "bound" trains all of it by the bound.  "variance", for continuous time, trains the ends by the
  /// bound and the curve between them by the variance of the bound's estimate; the bound itself does not depend on that
  /// curve.
  std::string noise_schedule = "variance";
  std::int64_t levels = 0;                   // number of steps of the model; 0: infinitely many
  std::string time_sampling = "antithetic";  // "uniform", "stratified" or "antithetic"
  GreyLevels grey = {};
  double data_sigma = 1;    // Parameterization::data_sigma
  bool scale_input = true;  // Parameterization::scale_input
};

/// The parts of the bound for each sample, in nats, [B], f64.
struct BoundTerms {
  Tensor prior, reconstruction, diffusion;
  std::vector<double> label, error;  // noise level of the diffusion's draw, and its mean square error of the noise
};

/// Variational diffusion models [kingma2021].  The objective is the variational bound on −log p(x₀), in bits a
/// dimension,
///   KL(q(x_1|x₀) ‖ prior) − log p(x₀|x_0) + diffusion,   t uniform in [0, 1],  γ = −log SNR,
///   diffusion = ½ γ′(t) ‖ε − ε̂(x_t, γ_t)‖²,  or for T levels  ½ T expm1(γ_t − γ_{t−1/T}) ‖ε − ε̂‖²,  T t whole.
/// The network predicts the noise.
class VariationalDiffusion final : public Objective {
 public:
  /// Throws ConfigError for settings that are unknown or do not fit together.
  explicit VariationalDiffusion(const ForwardSde& sde, VdmConfig config = {});

  BoundTerms terms(const Network& network, const Shard& shard) const;
  ShardLoss loss(const Network& network, const Shard& shard) const override;
  std::shared_ptr<const ForwardSde> sde() const override;
  Score score(std::shared_ptr<const Network> network) const override;
  std::unique_ptr<Module> clone() const override { return std::make_unique<VariationalDiffusion>(*this); }
  void visit(const ParameterVisitor& visitor) override;

 private:
  /// One value for each sample, [B], f64.  The label is the one that networks see, in [0, 1].
  struct Noise {
    Tensor alpha, sigma, gamma, rate, label;
  };
  /// The noise at times in [0, 1], [B].  Where `factor` is given, gradients of the curve between the ends are
  /// multiplied by it.
  Noise at(const Tensor& t, const std::shared_ptr<const Tensor>& factor) const;
  Noise learned(const Tensor& t, const std::shared_ptr<const Tensor>& factor) const;
  Noise fixed(const Tensor& t) const;
  Tensor times(const Shard& shard) const;
  Tensor prior(const Shard& shard) const;
  Tensor reconstruction(const Shard& shard) const;

  std::shared_ptr<const ForwardSde> sde_;
  double begin_;  // the SDE's time at t = 0: the first one with noise, from t_min on
  VdmConfig config_;
  TimeSampler sampler_;
  std::optional<NoiseCurve> curve_;
};

}  // namespace fokker
