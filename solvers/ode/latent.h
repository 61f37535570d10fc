#pragma once

#include "fokker/solvers/ode/flow.h"

namespace fokker {

/// Returns the latent of each sample of x [B, ...]: the probability-flow ODE [song2021] takes x from t_min to t_max.
/// The map is one to one: `decode` brings the sample back, to the tolerance.  Sample i is the same, to the bit, in any
/// batch and on any number of threads.  Several threads call `score` at once, off the tape.  Throws NumericalError,
/// which names sample, step and time, where the flow is not finite.
Carried encode(const Score& score, const ForwardSde& sde, const Tensor& x, const FlowConfig& config = {},
               const FlowOptions& options = {});

/// Returns the sample at t_min of each latent [B, ...] at t_max; no denoising follows.
Carried decode(const Score& score, const ForwardSde& sde, const Tensor& latent, const FlowConfig& config = {},
               const FlowOptions& options = {});

/// Returns the spherical interpolation [shoemake1985] from a (weight 0) to b
/// (weight 1), sample by sample, for a, b [B, ...]:
///   (sin((1 − w) θ) a + sin(w θ) b) / sin θ,  θ the angle between a and b;  linear where they are parallel.
/// Between independent draws of a Gaussian it keeps their norm, which a straight line does not.
Tensor slerp(const Tensor& a, const Tensor& b, double weight);

/// Returns samples on the way from a to b [B, ...], as [weights, B, ...]: a and b are encoded, interpolated by `slerp`
/// and decoded.  Weights 0 and 1 give back a and b.
Tensor interpolate(const Score& score, const ForwardSde& sde, const Tensor& a, const Tensor& b,
                   std::span<const double> weights, const FlowConfig& config = {});

}  // namespace fokker
