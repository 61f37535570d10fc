#pragma once

#include <vector>

#include "fokker/score/objectives/objective.h"
#include "fokker/score/objectives/time_sampling.h"
#include "fokker/score/parameterization.h"

namespace fokker {

/// A shard at its noise levels: x = α x₀ + σ ε, [B, …], with one time for each sample.
struct Noised {
  std::vector<double> t, weight;  // `weight` turns means over these times into means over uniform labels
  std::vector<Level> level;
  Tensor epsilon, x;
};
/// Adds noise at times drawn by `times`.
Noised add_noise(const Shard& shard, const ForwardSde& sde, const TimeSampler& times, double data_sigma = 1);
/// Adds noise at times that are already drawn, one for each row of the shard.
Noised add_noise(const Shard& shard, const ForwardSde& sde, TimeDraw draw, double data_sigma = 1);
/// The quantity that a network should predict, like x [B, …].
Tensor target(Prediction what, const Noised& noised, const Tensor& x0);

/// What the network predicts for the noised samples [B, …], in training.  Throws ShapeError unless the result has the
/// shape of x with `channel_factor` times as many channels.
Tensor predict(const Network& network, const Parameterization& parameterization, const ForwardSde& sde,
               const Noised& noised, const Shard& shard, std::int64_t channel_factor = 1);

/// The rows of the batch's noise that belong to the shard, like x0.
Tensor noise_of(const Shard& shard);

/// One value for each sample, as [B, 1, …], which broadcasts over samples like x.
Tensor per_sample(const std::vector<double>& values, const Tensor& x);
/// The shape [B, 1, …] of the rank of x: one number for each sample.
Shape sample_column(const Tensor& x);
/// Mean and sum over all axes but the first, [B].
Tensor sample_mean(const Tensor& x);
Tensor sample_sum(const Tensor& x);

}  // namespace fokker
