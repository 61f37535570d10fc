#pragma once

#include <vector>

#include "fokker/core/nn/conv.h"
#include "fokker/core/nn/embedding.h"

namespace fokker {

/// Options of the diffusion transformer.
struct DiTConfig {
  std::int64_t patch = 2;  // edge of a patch in pixels
  std::int64_t depth = 4;  // number of blocks
  std::int64_t width = 64;
  int heads = 4;
  std::int64_t out_channels = 0;  // channels of the output; 0: as many as the image has
  std::int64_t classes = 0;       // number of labels; 0: unconditional
  double label_dropout = 0;       // share of null labels in training
  bool checkpoint = false;        // whether the backward pass computes the blocks again
};

/// A transformer block that the embedding c [B, width] scales, shifts and gates, over tokens h [B, T, width]:
///   h = h + gate₁·attention((1 + scale₁)·norm(h) + shift₁),  h = h + gate₂·mlp((1 + scale₂)·norm(h) + shift₂).
/// The six vectors are linear in SiLU(c) and zero at the start (adaLN-zero) [peebles2023].
struct DiTBlock {
  Linear qkv, proj, fc1, fc2, modulation;
  int heads = 1;

  DiTBlock() = default;
  DiTBlock(const DiTConfig& config, const Rng& rng);
  Tensor operator()(const Tensor& h, const Tensor& c) const;
  void visit(const ParameterVisitor& visitor);
};

/// The diffusion transformer [peebles2023] over images x [B, H, W, C] of one size.  Patches are tokens with fixed
/// sin-cos positions, and the blocks have adaLN-zero.  Parameters have the names of the authors' code.
class DiT final : public Network {
 public:
  /// `image` is [H, W, C] with H and W multiples of `patch`.  The width is a multiple of 4 and of `heads`.  Throws
  /// ConfigError for other settings.
  DiT(const Shape& image, DiTConfig config, const Rng& rng);

  Tensor operator()(const Tensor& x, const Tensor& time, const Pass& pass = {}) const override;
  std::unique_ptr<Module> clone() const override { return std::make_unique<DiT>(*this); }
  void visit(const ParameterVisitor& visitor) override;
  std::int64_t classes() const override { return config_.classes; }

 private:
  Tensor image_of(const Tensor& patches) const;

  DiTConfig config_;
  Shape image_;
  Conv2d x_embedder_;
  TimeEmbedding t_embedder_;
  ClassEmbedding y_embedder_;
  Tensor pos_embed_;  // [1, tokens, width]
  std::vector<DiTBlock> blocks_;
  Linear final_linear_, final_modulation_;
};

}  // namespace fokker
