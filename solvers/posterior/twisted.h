#pragma once

#include "fokker/solvers/posterior/posterior.h"
#include "fokker/solvers/sampling/sampler.h"

namespace fokker {

/// The particles and the twisting function of `sample_twisted`.
struct TwistedConfig {
  std::int64_t particles = 16;
  double data_sigma = 1;
  double limit = 2;
  double resample_below = 0.5;

  static constexpr auto fields = std::tuple{
      field("particles", &TwistedConfig::particles, "number of particles for each sample", at_least(1)),
      field("data_sigma", &TwistedConfig::data_sigma,
            "standard deviation of the data, for the variance of the twisting function", above(0)),
      field("limit", &TwistedConfig::limit,
            "largest distance that a measurement moves a denoised sample, in deviations of the data", above(0)),
      field("resample_below", &TwistedConfig::resample_below,
            "share of the particles below which their effective number leads to resampling", between(0, 1))};
};

/// Draws samples of p(x₀ | y) by sequential Monte Carlo, with the twisted diffusion sampler [wu2023].  Each sample has
/// P particles of its own.  The particles of level t are weighted for p_t(x) ψ_t(x) with ψ_t(x) = N(y; A D(x, t), v A
/// Aᵀ + s² I) and v as in pigdm:
///   proposal   an ancestral step, x_u ~ q, of the score s + ∇ log ψ_t;
///   weight     × p(x_u | x_t) ψ_u(x_u) / (q(x_u | x_t) ψ_t(x_t)), p being the step of the score s alone.
/// Resampling is systematic.  The sample is one particle, drawn by the weights.  As P → ∞ the method is exact but for
/// the ancestral steps' own error and the noise left at the last time.  With one particle it is pigdm by ancestral
/// steps.  The cost is one evaluation of the score and its gradient for each particle and step.  Sample i is the same,
/// to the bit, for any n, shard or number of threads.
/// `config.solver` is "ancestral".  Throws what `sample` and `posterior_score` throw.
Samples sample_twisted(const Score& prior, const ForwardSde& sde, const Measurement& measured,
                       const TwistedConfig& twisting = {}, const SampleConfig& config = {.solver = "ancestral"},
                       const SampleOptions& options = {});

}  // namespace fokker
