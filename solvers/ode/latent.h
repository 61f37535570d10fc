#pragma once

#include "fokker/solvers/ode/flow.h"

namespace fokker {

/// The latent of each sample of x [B, ...]: where the probability-flow ODE [song2021] takes it from t_min to t_max.  One to
/// one: `decode` brings it back, to the tolerance.  Sample i is the same, to the bit, in any batch and on any number of
/// threads.  `score` is called by several threads at once, off the tape.  Throws NumericalError, naming sample, step and
/// time, where the flow is not finite.
Carried encode(const Score& score, const ForwardSde& sde, const Tensor& x, const FlowConfig& config = {},
               const FlowOptions& options = {});

/// The sample at t_min of each latent at t_max; no denoising follows.
Carried decode(const Score& score, const ForwardSde& sde, const Tensor& latent, const FlowConfig& config = {},
               const FlowOptions& options = {});

/// Spherical interpolation [shoemake1985] from a (weight 0) to b (weight 1), sample by sample, x [B, ...]:
///   (sin((1 − w) θ) a + sin(w θ) b) / sin θ,  θ the angle between a and b;  linear where they are parallel.
/// Between independent draws of a Gaussian it keeps their norm, which a straight line does not.
Tensor slerp(const Tensor& a, const Tensor& b, double weight);

/// Samples on the way from a to b [B, ...], [weights, B, ...]: both encoded, interpolated by `slerp` and decoded.  Weights
/// 0 and 1 give a and b back.
Tensor interpolate(const Score& score, const ForwardSde& sde, const Tensor& a, const Tensor& b,
                   std::span<const double> weights, const FlowConfig& config = {});

}  // namespace fokker
