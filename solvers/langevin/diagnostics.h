#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "fokker/core/base/tensor.h"

namespace fokker {

/// One number's draws of several chains: values[chain][draw], of equal length.
using Series = std::vector<std::vector<double>>;

/// Correlation at lags 0 … lags with the draw's own mean and variance, both over n: the biased estimate, which dies out.
std::vector<double> autocorrelation(std::span<const double> draws, int lags);

// Of chains split in halves, as in [vehtari2021] and ArviZ.  They are not a number for fewer than 4 draws a chain, nor
// where a draw is none.  Throw ConfigError for chains of unequal length.

/// Rank-normalised split R-hat: the larger of that of the normal scores and that of the scores of |x − median|.  1 at
/// convergence; above 1.01 the chains have not mixed; not a number for constant draws.
double rhat(const Series& series);
/// Effective number of draws for the mean of x:  S / τ,  τ = 1 + 2 Σ ρ_t  by Geyer's initial monotone sequence [geyer1992].
double mean_ess(const Series& series);
/// That of the normal scores, and the lesser of those of the indicators of the 5 % and 95 % quantiles.
double bulk_ess(const Series& series);
double tail_ess(const Series& series);
/// Monte-Carlo standard error of the mean: deviation / √mean_ess.
double mean_error(const Series& series);

struct ChainSummary {
  double mean, deviation, error, bulk_ess, tail_ess, rhat;
};
/// Of each component of draws [draws, chains, ...].
std::vector<ChainSummary> summarise(const Tensor& draws);
/// Component `component` of draws [draws, chains, ...].
Series series_of(const Tensor& draws, std::int64_t component);

}  // namespace fokker
