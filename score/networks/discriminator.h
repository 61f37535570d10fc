#pragma once

#include <memory>
#include <vector>

#include "fokker/core/nn/embedding.h"
#include "fokker/score/networks/unet_blocks.h"

namespace fokker {

/// Maps images x [B, H, W, C] and a time label to `outputs` numbers a sample, [B, outputs].  Each level is a residual
/// block of the U-Net, and H and W halve between levels.  The mean over all pixels and a linear layer follow.  H and W
/// are multiples of 2^(levels − 1).
class ImageEncoder final : public Network {
 public:
  ImageEncoder(std::int64_t image_channels, const std::vector<std::int64_t>& channels, const Rng& rng,
               std::int64_t outputs = 1);

  Tensor operator()(const Tensor& x, const Tensor& time, const Pass& pass = {}) const override;
  std::unique_ptr<Module> clone() const override { return std::make_unique<ImageEncoder>(*this); }
  void visit(const ParameterVisitor& visitor) override;

 private:
  std::int64_t image_channels_, time_dimension_;
  Conv2d conv_in_;
  TimeEmbedding time_embedding_;
  std::vector<ResidualBlock> blocks_;
  GroupNorm norm_;
  Linear out_;
};

/// Makes a network from samples of one shape to logits [B, outputs]: an ImageEncoder for images [H, W, C], else a
/// multilayer perceptron.  `widths` are the channels of the levels (empty: [32, 64]) or the widths of the hidden layers
/// (empty: [128, 128, 128]).  `fourier` are the exponents of a FourierInput in front of it.
std::unique_ptr<Network> make_discriminator(std::vector<std::int64_t> widths, const Shape& sample, const Rng& rng,
                                            const std::vector<std::int64_t>& fourier = {}, std::int64_t outputs = 1);

/// The logits d(x, time), [B].
Tensor judge(const Network& discriminator, const Tensor& x, const Tensor& time, const Pass& pass = {});
/// A copy in the same memory, through which no gradient reaches the parameters.
std::unique_ptr<Network> frozen(const Network& network);

}  // namespace fokker
