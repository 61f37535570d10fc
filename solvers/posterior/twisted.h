#pragma once

#include "fokker/solvers/posterior/posterior.h"
#include "fokker/solvers/sampling/sampler.h"

namespace fokker {

struct TwistedConfig {
  std::int64_t particles = 16;
  double data_sigma = 1;
  double limit = 2;
  double resample_below = 0.5;

  static constexpr auto fields =
      std::tuple{field("particles", &TwistedConfig::particles, "of each sample", at_least(1)),
                 field("data_sigma", &TwistedConfig::data_sigma,
                       "deviation of the data, of the twisting function's variance", above(0)),
                 field("limit", &TwistedConfig::limit,
                       "most deviations of the data that a measurement moves a denoised sample by", above(0)),
                 field("resample_below", &TwistedConfig::resample_below,
                       "share of the particles below which their effective number leads to resampling", between(0, 1))};
};

/// Samples of p(x₀ | y) by sequential Monte Carlo, the twisted diffusion sampler [wu2023].  Each sample has P particles of its
/// own; those of level t are weighted for p_t(x) ψ_t(x) with ψ_t(x) = N(y; A D(x, t), v A Aᵀ + s² I), v as of pigdm:
///   proposal   an ancestral step, x_u ~ q, of the score s + ∇ log ψ_t;
///   weight     × p(x_u | x_t) ψ_u(x_u) / (q(x_u | x_t) ψ_t(x_t)), p being the step of the score s alone;
/// systematic resampling; one particle, drawn by the weights, is the sample.  Exact as P → ∞ but for the ancestral steps' own
/// error and the noise left at the last time.  With one particle it is pigdm by ancestral steps.  One evaluation of the score
/// and its gradient for each particle and step.  Sample i is the same, to the bit, for any n, shard or number of threads.
/// `config.solver` is "ancestral".  Throws what `sample` and `posterior_score` throw.
Samples sample_twisted(const Score& prior, const ForwardSde& sde, const Measurement& measured,
                       const TwistedConfig& twisting = {}, const SampleConfig& config = {.solver = "ancestral"},
                       const SampleOptions& options = {});

}  // namespace fokker
