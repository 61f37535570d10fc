#pragma once

#include <cstdint>

#include "fokker/sde/sde.h"

namespace fokker {

/// The deviation of white noise on images [N, H, W, C] or signals [N, length], from the finest diagonal Haar
/// coefficients [donoho1994]: median |d| / 0.6745.  It takes the detail of the data at this scale for noise, so it
/// suits smooth data.  Throws ShapeError for other data.
double detail_noise(const Tensor& y);

/// The noise level s for which the evidence Σ log p(y) of y = x₀ + s ε is largest, with x₀ from the model's data.  It
/// is the root of
///   2 s⁴ d log p / d s² = ‖y − D‖² − s² (N − div D),
/// with N elements and the denoiser D at σ(t)/α(t) = s.  The divergence takes one random probe for each row; all rows
/// share one s.  y [N, …] is in the units of the network.
double evidence_noise(const Score& score, const ForwardSde& sde, const Tensor& y, std::uint64_t seed = 0);

}  // namespace fokker
