#pragma once

#include <memory>
#include <vector>

#include "fokker/core/nn/module.h"

namespace fokker {

/// Makes a network from samples of one shape to logits [B, outputs]: an encoder for images [H, W, C], else a
/// multilayer perceptron.  Each level of the encoder is a residual block of the U-Net, and H and W halve between
/// levels; they are multiples of 2^(levels − 1).  `widths` are the channels of the levels (empty: [32, 64]) or the
/// widths of the hidden layers (empty: [128, 128, 128]).  `fourier` are the exponents of a FourierInput in front of it.
std::unique_ptr<Network> make_discriminator(std::vector<std::int64_t> widths, const Shape& sample, const Rng& rng,
                                            const std::vector<std::int64_t>& fourier = {}, std::int64_t outputs = 1);

/// The logits d(x, time), [B].
Tensor judge(const Network& discriminator, const Tensor& x, const Tensor& time, const Pass& pass = {});
/// A copy in the same memory, through which no gradient reaches the parameters.
std::unique_ptr<Network> frozen(const Network& network);

}  // namespace fokker
