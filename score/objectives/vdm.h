#pragma once

#include <optional>
#include <string>

#include "fokker/score/objectives/decoder.h"
#include "fokker/score/objectives/noise_curve.h"
#include "fokker/score/objectives/noising.h"

namespace fokker {

struct VdmConfig {
  /// "fixed": that of the SDE.  Learned between the SDE's ends, which are learned too: "bound", all by the bound;
  /// "variance", which is for continuous time: the ends by the bound, and what is between them, on which the bound does
  /// not depend, by the variance of its estimate.
  std::string noise_schedule = "variance";
  std::int64_t levels = 0;                   // steps of the model; 0: infinitely many
  std::string time_sampling = "antithetic";  // "uniform", "stratified" or "antithetic"
  GreyLevels grey = {};
  double data_sigma = 1;    // of Parameterization
  bool scale_input = true;  // the same
};

/// The parts of the bound for each sample, in nats, [B], f64.
struct BoundTerms {
  Tensor prior, reconstruction, diffusion;
  std::vector<double> label, error;  // of the diffusion's draw: its noise level, and the mean square error of the noise
};

/// Variational diffusion models [kingma2021]: the variational bound on −log p(x₀) as the objective, in bits a dimension,
///   KL(q(x_1|x₀) ‖ prior) − log p(x₀|x_0) + diffusion,   t uniform in [0, 1],  γ = −log SNR,
///   diffusion = ½ γ′(t) ‖ε − ε̂(x_t, γ_t)‖²,  or for T levels  ½ T expm1(γ_t − γ_{t−1/T}) ‖ε − ε̂‖²,  t a multiple of 1/T.
/// The network predicts the noise.
class VariationalDiffusion final : public Objective {
 public:
  /// Throws ConfigError for settings that are not known or do not fit together.
  explicit VariationalDiffusion(const ForwardSde& sde, VdmConfig config = {});

  BoundTerms terms(const Network& network, const Shard& shard) const;
  ShardLoss loss(const Network& network, const Shard& shard) const override;
  std::shared_ptr<const ForwardSde> sde() const override;
  Score score(std::shared_ptr<const Network> network) const override;
  std::unique_ptr<Module> clone() const override { return std::make_unique<VariationalDiffusion>(*this); }
  void visit(const ParameterVisitor& visitor) override;

 private:
  /// A value a sample, [B], f64; the label as networks see it, in [0, 1].
  struct Noise {
    Tensor alpha, sigma, gamma, rate, label;
  };
  /// At times in [0, 1]; gradients of what is between the ends are multiplied by `factor`, where it is given.
  Noise at(const Tensor& t, const std::shared_ptr<const Tensor>& factor) const;
  Noise learned(const Tensor& t, const std::shared_ptr<const Tensor>& factor) const;
  Noise fixed(const Tensor& t) const;
  Tensor times(const Shard& shard) const;
  Tensor prior(const Shard& shard) const;
  Tensor reconstruction(const Shard& shard) const;

  std::shared_ptr<const ForwardSde> sde_;
  double begin_;  // the SDE's time of t = 0: its first with noise, from t_min on
  VdmConfig config_;
  TimeSampler sampler_;
  std::optional<NoiseCurve> curve_;
};

}  // namespace fokker
