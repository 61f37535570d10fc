#pragma once

#include "fokker/core/nn/embedding.h"
#include "fokker/score/unet_blocks.h"

namespace fokker {

/// The U-Net of DDPM [ho2020] over images x [B, H, W, C], with the structure, options and parameter names of diffusers'
/// `UNet2DModel`; its output has `out_channels`.  H and W are multiples of 2^(levels − 1).
class UNet final : public Network {
 public:
  UNet(std::int64_t image_channels, UNetConfig config, const Rng& rng);

  Tensor operator()(const Tensor& x, const Tensor& time, const Pass& pass = {}) const override;
  std::unique_ptr<Module> clone() const override { return std::make_unique<UNet>(*this); }
  void visit(const ParameterVisitor& visitor) override;
  std::int64_t classes() const override { return config_.classes; }
  const UNetConfig& config() const { return config_; }

 private:
  void build_encoder(const Rng& rng);
  void build_middle(const Rng& first, const Rng& second, const Rng& attention);
  void build_decoder(const Rng& rng);
  bool attends(std::size_t level) const { return level < config_.attention.size() && config_.attention[level]; }
  Attention attention(std::int64_t channels, const Rng& rng) const;
  Tensor embed(const Tensor& time, const Pass& pass) const;
  std::vector<Tensor> encode(const Tensor& x, const Tensor& embedding, const Pass& pass) const;
  Tensor decode(std::vector<Tensor> skips, const Tensor& embedding, const Pass& pass) const;

  UNetConfig config_;
  std::int64_t image_channels_;
  Conv2d conv_in_;
  FourierEmbedding time_proj_;
  TimeEmbedding time_embedding_;
  ClassEmbedding class_embedding_;
  std::vector<UNetLevel> down_blocks_, up_blocks_;
  UNetLevel mid_block_;
  GroupNorm conv_norm_out_;
  Conv2d conv_out_;
};

}  // namespace fokker
