#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "fokker/core/base/tensor.h"

namespace fokker {

/// The draws of one number in several chains, values[chain][draw], of equal length.
using Series = std::vector<std::vector<double>>;

/// Returns the correlation at lags 0 … lags.  Mean and variance are those of the draws themselves, both over n: the
/// biased estimate, which dies out.
std::vector<double> autocorrelation(std::span<const double> draws, int lags);

// The functions below split each chain in halves, as in [vehtari2021] and ArviZ.  They return NaN for fewer than 4
// draws a chain and where a draw is not a number.  They throw ConfigError for chains of unequal length.

/// Returns the rank-normalised split R-hat: the larger of two R-hats, for the normal scores of x and of |x − median|.
/// R-hat is 1 at convergence; above 1.01 the chains have not mixed.  Constant draws give NaN.
double rhat(const Series& series);
/// Returns the effective number of draws for the mean of x:  S / τ,  τ = 1 + 2 Σ ρ_t,  with Geyer's initial monotone
/// sequence [geyer1992].
double mean_ess(const Series& series);
/// Return effective numbers of draws.  In the bulk it is that of the normal scores.  In the tail it is the lesser of
/// those of the indicators of the 5 % and 95 % quantiles.
double bulk_ess(const Series& series);
double tail_ess(const Series& series);
/// Returns the Monte-Carlo standard error of the mean: deviation / √mean_ess.
double mean_error(const Series& series);

/// The diagnostics of one component of the draws; error is that of the mean.
struct ChainSummary {
  double mean, deviation, error, bulk_ess, tail_ess, rhat;
};
/// Summarises each component of draws [draws, chains, ...].
std::vector<ChainSummary> summarise(const Tensor& draws);
/// Returns component `component` of draws [draws, chains, ...].
Series series_of(const Tensor& draws, std::int64_t component);

}  // namespace fokker
