#pragma once

#include <vector>

#include "fokker/score/objectives/objective.h"
#include "fokker/score/objectives/time_sampling.h"
#include "fokker/score/parameterization.h"

namespace fokker {

/// A shard at its noise levels: x = α x₀ + σ ε, one time a sample.
struct Noised {
  std::vector<double> t, weight;  // `weight` makes means over these times those over uniform labels
  std::vector<Level> level;
  Tensor epsilon, x;
};
Noised add_noise(const Shard& shard, const ForwardSde& sde, const TimeSampler& times, double data_sigma = 1);
/// At times that are already drawn, one for each row of the shard.
Noised add_noise(const Shard& shard, const ForwardSde& sde, TimeDraw draw, double data_sigma = 1);
/// What a network should say of it.
Tensor target(Prediction what, const Noised& noised, const Tensor& x0);

/// What the network says of `x` [B, …] at times t, in training.  Throws ShapeError unless it has x's shape but for the
/// channels, of which there are `channel_factor` times as many.
Tensor predict(const Network& network, const Parameterization& parameterization, const ForwardSde& sde,
               const Noised& noised, const Shard& shard, std::int64_t channel_factor = 1);

/// The rows of the batch's noise for the shard.
Tensor noise_of(const Shard& shard);

/// A value each sample, as [B, 1, …] to broadcast over samples like x.
Tensor per_sample(const std::vector<double>& values, const Tensor& x);
/// x's shape with one number a sample: [B, 1, …].
Shape sample_column(const Tensor& x);
/// Mean and sum over all axes but the first, [B].
Tensor sample_mean(const Tensor& x);
Tensor sample_sum(const Tensor& x);

}  // namespace fokker
