#pragma once

#include "fokker/core/nn/embedding.h"
#include "fokker/score/networks/unet_blocks.h"

namespace fokker {

/// The U-Net of DDPM [ho2020] over images x [B, H, W, C], with the structure, options and parameter names of diffusers'
/// `UNet2DModel`.  The result is [B, H, W, out_channels].  With a text encoder, captions act through cross-attention
/// and, pooled, through the embedding of the time [rombach2022].  H and W are multiples of 2^(levels − 1).
class UNet final : public Network {
 public:
  UNet(std::int64_t image_channels, UNetConfig config, const Rng& rng);

  Tensor operator()(const Tensor& x, const Tensor& time, const Pass& pass = {}) const override;
  std::unique_ptr<Module> clone() const override { return std::make_unique<UNet>(*this); }
  void visit(const ParameterVisitor& visitor) override;
  std::int64_t classes() const override { return config_.classes; }
  std::int64_t caption_length() const override { return config_.text.width > 0 ? config_.text.length : 0; }
  const UNetConfig& config() const { return config_; }

 private:
  void build_encoder(const Rng& rng);
  void build_middle(const Rng& first, const Rng& second, const Rng& attention);
  void build_decoder(const Rng& rng);
  bool attends(std::size_t level) const { return level < config_.attention.size() && config_.attention[level]; }
  void add_attention(UNetLevel& level, std::int64_t channels, const Rng& rng) const;
  void add_cross_attention(UNetLevel& level, std::int64_t channels, const Rng& rng) const;
  Tensor embed(const Tensor& time, const TextStates& text, const Pass& pass) const;
  std::vector<Tensor> encode(const Tensor& x, const Tensor& embedding, const TextStates& text, const Pass& pass) const;
  Tensor decode(std::vector<Tensor> skips, const Tensor& embedding, const TextStates& text, const Pass& pass) const;

  UNetConfig config_;
  std::int64_t image_channels_;
  Conv2d conv_in_;
  FourierEmbedding time_proj_;
  TimeEmbedding time_embedding_;
  ClassEmbedding class_embedding_;
  TextEncoder text_encoder_;
  std::vector<UNetLevel> down_blocks_, up_blocks_;
  UNetLevel mid_block_;
  GroupNorm conv_norm_out_;
  Conv2d conv_out_;
};

}  // namespace fokker
