#pragma once

#include <vector>

#include "fokker/core/nn/attention.h"
#include "fokker/core/nn/conv.h"
#include "fokker/core/nn/dropout.h"

namespace fokker {

struct UNetConfig {
  std::vector<std::int64_t> channels = {32, 64};  // a level each; the resolution halves between levels
  std::vector<bool> attention = {false, true};    // self-attention at each level; empty: nowhere
  int layers_per_block = 2;
  int groups = 8;     // of GroupNorm
  int head_size = 8;  // channels of one attention head
  double dropout = 0;
};

/// x + conv2(dropout(norm2(conv1(norm1(x)) + projected time embedding))) [ho2020]; norms with SiLU; a 1×1 convolution on
/// the shortcut where the channels change.
struct ResidualBlock {
  GroupNorm norm1, norm2;
  Conv2d conv1, conv2, conv_shortcut;
  Linear time_emb_proj;
  Dropout dropout;

  ResidualBlock() = default;
  ResidualBlock(std::int64_t in, std::int64_t out, std::int64_t embedding, const UNetConfig& config, const Rng& rng);
  Tensor operator()(const Tensor& x, const Tensor& embedding, const Pass& pass) const;
  void visit(const ParameterVisitor& visitor);
};

/// One convolution under diffusers' name for resampling layers.
struct Resampler {
  Conv2d conv;
  void visit(const ParameterVisitor& visitor) { visitor("conv", conv); }
};

/// One level of the encoder or decoder: residual blocks, each with attention behind it where the level has it, and a
/// resampling convolution where another level follows.
struct UNetLevel {
  std::vector<ResidualBlock> resnets;
  std::vector<Attention> attentions;
  std::vector<Resampler> downsamplers, upsamplers;

  Tensor layer(std::size_t i, const Tensor& x, const Tensor& embedding, const Pass& pass) const;
  void visit(const ParameterVisitor& visitor);
};

}  // namespace fokker
