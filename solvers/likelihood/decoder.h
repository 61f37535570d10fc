#pragma once

#include "fokker/sde/grey_levels.h"
#include "fokker/sde/sde.h"

namespace fokker {

/// Returns the time of a decoder to grey levels.  There σ/α is a third of the levels' width; an SDE whose t_min is
/// later has its t_min.  Below this time a model would spend bits on what rounding to the nearest level tells for free.
double decoding_time(const ForwardSde& sde, const GreyLevels& levels);

/// Returns log erfc(x), finite also where erfc(x) underflows (x > 26).
double log_erfc(double x);

/// Returns log P(a < z < b) of a standard normal z, a < b, without cancellation at any
/// distance from 0.  The bounds may be −∞ and ∞.
double log_normal_interval(double a, double b);

/// Returns Σ log P(level of x0) over the elements of each sample, [B], f64, for x0 and mean [B, ...].  Each level has
/// the mass that N(mean, deviation²) has within half a width of the level.  The bins of the first and last level reach
/// to −∞ and ∞ [ho2020].  Throws ConfigError where a value of x0 is no level.
Tensor discretised_log_probability(const Tensor& x0, const Tensor& mean, double deviation, const GreyLevels& levels);

/// Returns the sum of `discretised_log_probability` with other masses: they are proportional to the density N(level;
/// mean, deviation²) [kingma2021].
Tensor categorical_log_probability(const Tensor& x0, const Tensor& mean, double deviation, const GreyLevels& levels);

}  // namespace fokker
