#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>

#include "fokker/core/nn/linear.h"
#include "fokker/score/objectives/noising.h"

namespace fokker {

/// Settings of denoising score matching [vincent2011], in whichever quantity the network predicts.  With the prediction
/// "velocity" the objective is conditional flow matching [lipman2023].
struct DenoisingConfig {
  Parameterization parameterization = {};
  /// Weight of the squared error at each noise level:
  ///   "uniform"     1 on the network's own target [ho2020]
  ///   "lambda"      σ² on the score [song2021]
  ///   "snr"         SNR on x₀, which is the same number as "lambda"
  ///   "min_snr"     min(SNR, 5) on x₀ [hang2023]
  ///   "likelihood"  g² on the score [song2021b]
  std::string weighting = "uniform";
  TimeSamplingConfig times = {};
  /// Whether the loss e^u(t) of each noise level is learned and divided by: w ‖·‖²/e^u + u [karras2024].
  bool uncertainty = false;
  /// Pairing of noise and samples: "independent", or "optimal", which gives each batch's noise to its samples by the
  /// least sum of squared distances [tong2024; pooladian2023].
  std::string coupling = "independent";
};

std::span<const char* const> weighting_names();

/// The weight of ‖ε − ε̂‖² at time t, where ε̂ is the noise that follows from the network's output.
double epsilon_weight(const std::string& weighting, Prediction prediction, const ForwardSde& sde, double t,
                      double data_sigma = 1);

/// The objective w(t)·‖ε̂ − ε‖²/D at x_t = α x₀ + σ ε, for samples of D numbers.
class DenoisingScoreMatching final : public Objective {
 public:
  /// Throws ConfigError for unknown names.
  explicit DenoisingScoreMatching(const ForwardSde& sde, DenoisingConfig config = {});

  ShardLoss loss(const Network& network, const Shard& shard) const override;
  std::shared_ptr<const ForwardSde> sde() const override { return sde_; }
  Score score(std::shared_ptr<const Network> network) const override;
  bool couples() const override { return config_.coupling == "optimal"; }
  std::vector<std::int64_t> coupling(const Tensor& x0, std::uint64_t seed, std::uint32_t step) const override;
  std::unique_ptr<Module> clone() const override { return std::make_unique<DenoisingScoreMatching>(*this); }
  void visit(const ParameterVisitor& visitor) override;
  const DenoisingConfig& config() const { return config_; }

 private:
  /// The learned u at times t, [B]; undefined unless the config asks for it.
  Tensor uncertainty(const std::vector<double>& t) const;

  std::shared_ptr<const ForwardSde> sde_;
  DenoisingConfig config_;
  TimeSampler times_;
  std::optional<Linear> uncertainty_;
};

}  // namespace fokker
