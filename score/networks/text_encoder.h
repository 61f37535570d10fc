#pragma once

#include <vector>

#include "fokker/core/nn/linear.h"
#include "fokker/core/nn/norm.h"

namespace fokker {

/// Options of the text encoder.
struct TextConfig {
  std::int64_t vocabulary = 0;  // numbers of words, with padding and start
  std::int64_t length = 0;      // tokens of a caption, with the start
  std::int64_t width = 0;       // size of a token; 0: no text
  std::int64_t depth = 2;       // number of transformer blocks
  int heads = 4;
};

/// What a network sees of the captions of a batch.
struct TextStates {
  Tensor tokens;    // [B, length, width]
  Tensor key_bias;  // [B, length]: 0 at words, masked_key at padding
  Tensor pooled;    // [B, outputs]
};

/// A transformer block with norms before attention and MLP [xiong2020], over h [B, length, width].  No other token
/// attends to padding.
struct TextBlock {
  LayerNorm layer_norm1, layer_norm2;
  Linear q_proj, k_proj, v_proj, out_proj, fc1, fc2;
  int heads = 1;

  TextBlock() = default;
  TextBlock(const TextConfig& config, const Rng& rng);
  Tensor operator()(const Tensor& h, const Tensor& key_bias) const;
  void visit(const ParameterVisitor& visitor);
};

/// A transformer over the tokens of captions, with learned positions.  The projected state of the start token stands
/// for the whole caption.  Parameters are named as in CLIP's text model [radford2021].
class TextEncoder {
 public:
  /// An encoder without text returns undefined tensors.
  TextEncoder() = default;
  /// In training, the share `dropout` of the captions is replaced by the empty caption, chosen by (pass.rng, sample).
  /// The label of such a sample is dropped with it [ho2022].
  TextEncoder(const TextConfig& config, std::int64_t outputs, double dropout, const Rng& rng);

  /// Encodes pass.condition.tokens [batch, length], or the empty caption for all samples where there are no tokens.
  /// Throws ConfigError for tokens that are missing or not expected.  Throws ShapeError unless there are batch·length
  /// tokens in [0, vocabulary).
  TextStates operator()(std::int64_t batch, const Pass& pass) const;
  void visit(const ParameterVisitor& visitor);

 private:
  std::vector<std::int64_t> tokens(std::int64_t batch, const Pass& pass) const;

  TextConfig config_;
  double dropout_ = 0;
  Tensor token_embedding_, position_embedding_;  // [vocabulary, width], [length, width]
  std::vector<TextBlock> layers_;
  LayerNorm final_layer_norm_;
  Linear text_projection_;
};

}  // namespace fokker
