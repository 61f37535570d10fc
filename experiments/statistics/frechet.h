#pragma once

#include "fokker/core/base/tensor.h"

namespace fokker {

/// Fréchet distance of the Gaussian fits of a [N, D] and b [M, D] [dowson1982, heusel2017]:
///   |μ_a − μ_b|² + tr(C_a + C_b − 2 (C_a^½ C_b C_a^½)^½).
/// Covariances divide by N − 1, and the numbers are f64.  Throws ShapeError for fewer than two rows or unequal D.
double frechet_distance(const Tensor& a, const Tensor& b);

}  // namespace fokker
