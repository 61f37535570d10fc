#pragma once

#include <string>
#include <vector>

#include "fokker/core/nn/attention.h"
#include "fokker/core/nn/conv.h"
#include "fokker/core/nn/dropout.h"
#include "fokker/score/networks/text_encoder.h"

namespace fokker {

/// Options of the U-Net.  The defaults are those of DDPM [ho2020].  scale_shift and "resnet" resampling are those of
/// ADM [dhariwal2021].  "fir" resampling, progressive, residual_divisor = √2, "fourier" and divide_by_time are those of
/// DDPM++ and NCSN++ [song2021].
struct UNetConfig {
  std::vector<std::int64_t> channels = {32, 64};  // one entry for each level; the resolution halves between levels
  std::vector<bool> attention = {false, true};    // whether each level has self-attention; empty: none has
  bool mid_attention = true;                      // whether the middle has self-attention
  int layers_per_block = 2;
  std::string norm = "group";  // norm in residual blocks; "instance": ConditionalInstanceNorm [song2019]
  int groups = 8;              // groups of GroupNorm; 0: channels/4, at most 32
  int mid_groups = 0;  // groups of the norm before the middle's attention; 0: `groups`, or no norm with scale_shift
  int head_size = 8;   // channels of one attention head; 0: one head of all channels
  double norm_epsilon = 1e-5;  // added to the variance
  double dropout = 0;
  std::int64_t out_channels = 0;              // 0: as many as the image has
  std::int64_t embedding = 0;                 // size of the embedding of time and class; 0: 4·channels[0]
  std::string time_embedding = "positional";  // "fourier": random features of log σ, where time = σ; "none": [song2020]
  double frequency_shift = 0;                 // Sinusoids::shift
  bool cosine_first = true;
  bool center_input = false;        // whether images in [0, 1] are taken to [−1, 1]
  bool divide_by_time = false;      // whether the output is divided by the time label, which is then σ
  bool scale_shift = false;         // whether the embedding scales and shifts the second norm, or is added before it
  std::string downsample = "conv";  // "conv", or residual blocks: "resnet" with plain pooling, "fir" with (1, 3, 3, 1)
  std::string upsample = "conv";    // one of the choices of `downsample`
  int downsample_padding = 1;       // "conv": 1 on every side, or 0 for one pixel after each axis
  double residual_divisor = 1;      // divides every residual sum outside the middle
  double mid_divisor = 1;
  bool progressive = false;  // resampled input is added to every level, output is summed over levels; needs "fir"
  std::int64_t classes = 0;  // number of labels; 0: unconditional
  double label_dropout = 0;  // share of null labels and empty captions in training
  TextConfig text = {};      // captions: cross-attention after every self-attention, and a part of the embedding
  bool checkpoint = false;   // whether the backward pass computes the layers of each level again

  std::int64_t embedding_size() const { return embedding > 0 ? embedding : 4 * channels.front(); }
  /// Throws ConfigError for options that do not fit together.
  void check() const;
};

/// How a block changes the resolution.
enum class Resample : std::uint8_t { none, down, up };

/// Computes (x + conv2(dropout(norm2(conv1(norm1(x)) + projected embedding)))) / divisor for x [B, H, W, C] [ho2020].
/// SiLU follows the norms.  The shortcut has a 1×1 convolution where the channels change.  Resampling acts after norm1
/// and on the shortcut.
struct ResidualBlock {
  GroupNorm norm1, norm2;
  ConditionalInstanceNorm instance1, instance2;  // in the place of the norms, without time_emb_proj
  Conv2d conv1, conv2, conv_shortcut;
  Linear time_emb_proj;
  Dropout dropout;
  Resample resample = Resample::none;
  bool instance = false, fir = false, scale_shift = false;
  double divisor = 1;

  ResidualBlock() = default;
  ResidualBlock(std::int64_t in, std::int64_t out, const UNetConfig& config, const Rng& rng,
                Resample resample = Resample::none);
  Tensor operator()(const Tensor& x, const Tensor& embedding, const Pass& pass) const;
  void visit(const ParameterVisitor& visitor);

 private:
  Tensor resampled(const Tensor& x) const;
  Tensor conditioned(const Tensor& h, const Tensor& embedding) const;
};

/// Halves or doubles H and W of x [B, H, W, C]: by a convolution under diffusers' name `conv`, or by a residual block.
struct Resampler {
  Conv2d conv;
  std::vector<ResidualBlock> block;  // empty, or one block
  Resample resample = Resample::none;

  Resampler(std::int64_t channels, Resample resample, const UNetConfig& config, const Rng& rng);
  Tensor operator()(const Tensor& x, const Tensor& embedding, const Pass& pass) const;
  void visit(const ParameterVisitor& visitor);
};

/// One level of the encoder or decoder: residual blocks, with attention after each where the level has it.  A
/// resampling layer follows where there is another level.
struct UNetLevel {
  std::vector<ResidualBlock> resnets;
  std::vector<Attention> attentions;
  std::vector<CrossAttention> cross_attentions;  // one after each attention, or none
  std::vector<Resampler> downsamplers, upsamplers;
  // progressive: the decoder attends once, and each level reads or writes a resampled image.
  bool progressive = false, attends_once = false;
  Conv2d skip_conv;
  GroupNorm skip_norm;

  Tensor layer(std::size_t i, const Tensor& x, const Tensor& embedding, const Pass& pass,
               const TextStates& text = {}) const;
  void visit(const ParameterVisitor& visitor);

 private:
  Tensor attend(std::size_t i, const Tensor& h, const TextStates& text) const;
};

GroupNorm unet_norm(std::int64_t channels, const UNetConfig& config, Activation activation = Activation::silu);
/// Attention with a norm of `groups` groups before it; 0: no norm.
Attention unet_attention(std::int64_t channels, int groups, const UNetConfig& config, const Rng& rng);

/// Resampling by the factor 2 of "fir", with the filter (1, 3, 3, 1) along H and W of x [B, H, W, C] and zeros beyond
/// the border.
Tensor fir_downsample(const Tensor& x);
Tensor fir_upsample(const Tensor& x);

}  // namespace fokker
