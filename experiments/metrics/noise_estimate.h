#pragma once

#include <cstdint>

#include "fokker/sde/sde.h"

namespace fokker {

/// The deviation of white noise on images [N, H, W, C] or signals [N, length], from the median of the finest diagonal Haar
/// coefficients [donoho1994]:  median |d| / 0.6745.  It takes what the data themselves have at this scale for noise, so it is
/// for smooth data.  Throws ShapeError for other data.
double detail_noise(const Tensor& y);

/// The s at which the evidence Σ log p(y) of y = x₀ + s ε, x₀ of the model's data, is largest: the root of
///   2 s⁴ d log p / d s² = ‖y − D‖² − s² (N − div D),
/// N elements, D the denoiser at σ(t)/α(t) = s, with one random probe a row for its divergence; all rows share one s.
/// y [N, …] in the units of the network.
double evidence_noise(const Score& score, const ForwardSde& sde, const Tensor& y, std::uint64_t seed = 0);

}  // namespace fokker
