#include "fokker/score/networks/text_encoder.h"

#include <algorithm>

#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/matmul.h"
#include "fokker/core/ops/view.h"

namespace fokker {
namespace {

constexpr double embedding_deviation = 0.1;

/// The bias of attention, [B, length], which masks padding.
Tensor bias_of(std::span<const std::int64_t> tokens, const Shape& shape, Dtype dtype) {
  std::vector<double> bias;
  for (const auto token : tokens) bias.push_back(token == padding_token ? masked_key : 0);
  return Tensor::from(bias, shape, dtype);
}

void check(const TextConfig& config) {
  require<ConfigError>(config.vocabulary > start_token + 1 && config.length >= 1,
                       "[text] expected captions: choose data that have them, or set network.text_width = 0; got a "
                       "vocabulary of {} and {} tokens a caption",
                       config.vocabulary, config.length);
  require<ConfigError>(config.heads >= 1 && config.width % config.heads == 0 && config.depth >= 1,
                       "[text] expected network.text_width to be a multiple of network.text_heads, and "
                       "network.text_depth ≥ 1, got {}, {} and {}",
                       config.width, config.heads, config.depth);
}

}  // namespace

TextBlock::TextBlock(const TextConfig& config, const Rng& rng)
    : layer_norm1(config.width),
      layer_norm2(config.width),
      q_proj(config.width, config.width, rng.fork(0)),
      k_proj(config.width, config.width, rng.fork(1)),
      v_proj(config.width, config.width, rng.fork(2)),
      out_proj(config.width, config.width, rng.fork(3)),
      fc1(config.width, 4 * config.width, rng.fork(4)),
      fc2(4 * config.width, config.width, rng.fork(5)),
      heads(config.heads) {}

Tensor TextBlock::operator()(const Tensor& h, const Tensor& key_bias) const {
  const Tensor normal = layer_norm1(h);
  const Tensor attended = h + out_proj(attention(q_proj(normal), k_proj(normal), v_proj(normal), heads, key_bias));
  return attended + fc2(gelu(fc1(layer_norm2(attended))));
}

void TextBlock::visit(const ParameterVisitor& visitor) {
  visitor("layer_norm1", layer_norm1);
  visitor("self_attn.q_proj", q_proj);
  visitor("self_attn.k_proj", k_proj);
  visitor("self_attn.v_proj", v_proj);
  visitor("self_attn.out_proj", out_proj);
  visitor("layer_norm2", layer_norm2);
  visitor("mlp.fc1", fc1);
  visitor("mlp.fc2", fc2);
}

TextEncoder::TextEncoder(const TextConfig& config, std::int64_t outputs, double dropout, const Rng& rng)
    : config_(config), dropout_(dropout) {
  check(config);
  const Rng initial = rng.with(Stream::initialisation);
  token_embedding_ = initial.fork(0).normal({config.vocabulary, config.width}) * embedding_deviation;
  position_embedding_ = initial.fork(1).normal({config.length, config.width}) * embedding_deviation;
  for (std::int64_t i = 0; i < config.depth; ++i)
    layers_.emplace_back(config, rng.fork(static_cast<std::uint64_t>(10 + i)));
  final_layer_norm_ = LayerNorm(config.width);
  text_projection_ = Linear(config.width, outputs, rng.fork(2));
}

std::vector<std::int64_t> TextEncoder::tokens(std::int64_t batch, const Pass& pass) const {
  std::vector<std::int64_t> result = pass.condition.tokens;
  require<ConfigError>(!result.empty() || dropout_ > 0,
                       "[text] expected a caption for each sample: the network was trained without "
                       "network.label_dropout and does not know the empty one");
  const std::int64_t length = config_.length;
  const auto clear = [&](std::int64_t row) {
    std::fill_n(result.begin() + row * length, length, padding_token);
    result[static_cast<std::size_t>(row * length)] = start_token;
  };
  if (result.empty()) {
    result.resize(static_cast<std::size_t>(batch * length));
    for (std::int64_t row = 0; row < batch; ++row) clear(row);
  }
  require<ShapeError>(std::ssize(result) == batch * length, "[text] expected tokens [{}, {}], got {} of them", batch,
                      length, result.size());
  for (const auto token : result)
    require<ShapeError>(token >= 0 && token < config_.vocabulary, "[text] expected tokens below {}, got {}",
                        config_.vocabulary, token);
  if (!pass.training || dropout_ == 0) return result;
  const Tensor u =
      pass.rng.with(Stream::label).uniform({batch}, Dtype::f64, static_cast<std::uint64_t>(pass.first_sample));
  for (std::int64_t row = 0; row < batch; ++row)
    if (u.at(row) < dropout_) clear(row);
  return result;
}

TextStates TextEncoder::operator()(std::int64_t batch, const Pass& pass) const {
  if (config_.width == 0) {
    require<ConfigError>(pass.condition.tokens.empty(),
                         "[text] the network takes no captions: give it network.text_width");
    return {};
  }
  const auto words = tokens(batch, pass);
  TextStates states{
      .tokens = {}, .key_bias = bias_of(words, {batch, config_.length}, token_embedding_.dtype()), .pooled = {}};
  Tensor h = reshape(gather(token_embedding_, words), {batch, config_.length, config_.width}) + position_embedding_;
  for (const TextBlock& layer : layers_) h = layer(h, states.key_bias);
  states.tokens = final_layer_norm_(h);
  states.pooled = text_projection_(reshape(slice(states.tokens, 1, 0, 1), {batch, config_.width}));
  return states;
}

void TextEncoder::visit(const ParameterVisitor& visitor) {
  visitor("embeddings.token_embedding.weight", token_embedding_);
  visitor("embeddings.position_embedding.weight", position_embedding_);
  visitor("encoder.layers", layers_);
  visitor("final_layer_norm", final_layer_norm_);
  visitor("text_projection", text_projection_);
}

}  // namespace fokker
