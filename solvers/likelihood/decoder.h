#pragma once

#include "fokker/sde/grey_levels.h"
#include "fokker/sde/sde.h"

namespace fokker {

/// The time of a decoder to levels: where σ/α is a third of their width, or the SDE's t_min where that is later.  Before it a
/// model spends bits on telling what rounding to the nearest level tells for nothing.
double decoding_time(const ForwardSde& sde, const GreyLevels& levels);

/// log erfc(x), finite where erfc(x) itself underflows (x > 26).
double log_erfc(double x);

/// log P(a < z < b) of a standard normal z, a < b, without cancellation and for any distance from 0; −∞ and ∞ are bounds.
double log_normal_interval(double a, double b);

/// Σ over the elements of log P(level of x0), [B], f64, where each level has the mass that N(mean, deviation²) has within
/// half a width of it; the bins of the first and last level reach to −∞ and ∞ [ho2020].  x0 and mean [B, ...].
/// Throws ConfigError where a value of x0 is no level.
Tensor discretised_log_probability(const Tensor& x0, const Tensor& mean, double deviation, const GreyLevels& levels);

/// The same with masses in proportion to the density N(level; mean, deviation²) [kingma2021].
Tensor categorical_log_probability(const Tensor& x0, const Tensor& mean, double deviation, const GreyLevels& levels);

}  // namespace fokker
