#pragma once

#include <cstdint>

#include "fokker/core/base/tensor.h"

namespace fokker {

// Distances between the laws of two samples a [N, D] and b [M, D], f32 or f64.  Sums are in f64.

/// Sliced Wasserstein-2 [bonneel2015]: (E_θ W₂²(θ·a, θ·b))^½ over random directions θ on the sphere.  It is exact in
/// one dimension, also for N ≠ M.
double sliced_w2(const Tensor& a, const Tensor& b, int projections, std::uint64_t seed);

/// Energy distance [szekely2013]: 2 E|a − b| − E|a − a′| − E|b − b′| over pairs of different rows.  It is zero in the
/// mean for equal laws, so it can be negative.
double energy_distance(const Tensor& a, const Tensor& b);

/// Squared maximum mean discrepancy [gretton2012].  It is unbiased, so it can be negative.  The kernel is the mean of
/// exp(−|x − y|² / 2h²) over h = bandwidth · {¼, ½, 1, 2, 4}.
double mmd_squared(const Tensor& a, const Tensor& b, double bandwidth);
/// The median distance between different rows of x, which is the usual bandwidth.  From more than 1,000 rows, it takes
/// 1,000 evenly spaced ones.
double median_distance(const Tensor& x);

}  // namespace fokker
