#pragma once

#include "fokker/core/nn/embedding.h"
#include "fokker/score/unet_blocks.h"

namespace fokker {

/// The U-Net of DDPM [ho2020] over images x [B, H, W, C], with the structure and parameter names of diffusers'
/// `UNet2DModel`.  H and W are multiples of 2^(levels − 1).
class UNet final : public Network {
 public:
  UNet(std::int64_t image_channels, UNetConfig config, const Rng& rng);

  Tensor operator()(const Tensor& x, const Tensor& time, const Pass& pass = {}) const override;
  std::unique_ptr<Module> clone() const override { return std::make_unique<UNet>(*this); }
  void visit(const ParameterVisitor& visitor) override;
  const UNetConfig& config() const { return config_; }

 private:
  void build_encoder(std::int64_t embedding, const Rng& rng);
  void build_decoder(std::int64_t embedding, const Rng& rng);
  Attention attention(std::int64_t channels, const Rng& rng) const;
  bool attends(std::size_t level) const { return level < config_.attention.size() && config_.attention[level]; }

  UNetConfig config_;
  std::int64_t image_channels_;
  Conv2d conv_in_;
  TimeEmbedding time_embedding_;
  std::vector<UNetLevel> down_blocks_, up_blocks_;
  UNetLevel mid_block_;
  GroupNorm conv_norm_out_;
  Conv2d conv_out_;
};

}  // namespace fokker
