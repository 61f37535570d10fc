#pragma once

#include <memory>
#include <span>
#include <string>

#include "fokker/score/parameterization.h"
#include "fokker/score/time_sampling.h"

namespace fokker {

/// Denoising score matching [vincent2011], in whichever quantity the network predicts.
struct DenoisingConfig {
  std::string prediction = "epsilon";
  /// "uniform": 1 on the network's own target [ho2020]; "lambda": σ² on the score [song2021]; "snr": SNR on x₀ (the same
  /// number as lambda); "min_snr": min(SNR, 5) on x₀ [hang2023]; "likelihood": g² on the score [song2021b].
  std::string weighting = "uniform";
  std::string time_sampling = "stratified";
  double t_min = 1e-3;
};

std::span<const char* const> weighting_names();

/// The weight that multiplies ‖ε − ε̂‖² at t, ε̂ being what the network's output says about the noise.
double epsilon_weight(const std::string& weighting, Prediction prediction, const ForwardSde& sde, double t);

/// A part of a batch: rows [first, first + x0.extent(0)) of the `batch` samples of training step `step`.
struct Shard {
  Tensor x0;
  std::uint64_t seed;
  std::uint32_t step;
  std::int64_t first, batch;
  Tensor target = {};        // for regression
  Condition condition = {};  // for networks that take one
};

/// The objective w(t)·‖ε̂ − ε‖²/D, x_t = α x₀ + σ ε.
class DenoisingScoreMatching {
 public:
  DenoisingScoreMatching(const ForwardSde& sde, DenoisingConfig config);

  /// The shard's part of the mean over the batch, a scalar on the tape: the parts of all shards sum to the batch's loss.
  Tensor loss(const Network& network, const Shard& shard) const;
  /// The network as a score.
  Score score(std::shared_ptr<const Network> network) const;
  const DenoisingConfig& config() const { return config_; }

 private:
  std::shared_ptr<const ForwardSde> sde_;
  DenoisingConfig config_;
  Prediction prediction_;
  TimeSampler times_;
};

}  // namespace fokker
