#include "fokker/score/networks/dit.h"

#include <cmath>

#include "fokker/core/ops/checkpoint.h"
#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/matmul.h"
#include "fokker/core/ops/norm.h"
#include "fokker/core/ops/view.h"

namespace fokker {
namespace {

constexpr std::int64_t time_features = 256;
constexpr double norm_epsilon = 1e-6;

/// (1 + scale)·norm(h) + shift over h [B, T, width]; the norm has no weights of its own.
Tensor modulated(const Tensor& h, const Tensor& shift, const Tensor& scale) {
  const Shape width{h.extent(2)};
  const Tensor normal = layer_norm(h, Tensor::ones(width, h.dtype()), Tensor::zeros(width, h.dtype()), norm_epsilon);
  return normal * (scale + 1.0) + shift;
}

/// Splits the vectors [B, count·width] of a modulation layer into `count` tensors [B, 1, width].
std::vector<Tensor> chunks(const Tensor& vectors, int count) {
  const std::int64_t batch = vectors.extent(0), width = vectors.extent(1) / count;
  std::vector<Tensor> result;
  for (int i = 0; i < count; ++i)
    result.push_back(reshape(slice(vectors, 1, i * width, (i + 1) * width), {batch, 1, width}));
  return result;
}

/// Sines and cosines of the column and then of the row, a quarter of the width each.
Tensor positions(std::int64_t rows, std::int64_t columns, std::int64_t width) {
  Tensor result = Tensor::empty({1, rows * columns, width});
  auto out = result.data<float>();
  const std::int64_t quarter = width / 4;
  for (std::int64_t token = 0; token < rows * columns; ++token)
    for (std::int64_t i = 0; i < quarter; ++i) {
      const double frequency = std::pow(10'000.0, -static_cast<double>(i) / static_cast<double>(quarter));
      const double column = frequency * static_cast<double>(token % columns);
      const double row = frequency * static_cast<double>(token / columns);
      const double values[] = {std::sin(column), std::cos(column), std::sin(row), std::cos(row)};
      for (std::int64_t part = 0; part < 4; ++part)
        out[static_cast<std::size_t>(token * width + part * quarter + i)] = static_cast<float>(values[part]);
    }
  return result;
}

void check(const Shape& image, const DiTConfig& config) {
  require<ConfigError>(
      image.rank() == 3 && config.patch >= 1 && image[0] % config.patch == 0 && image[1] % config.patch == 0,
      "[dit] expected images [H, W, C] with H and W multiples of network.patch = {}, got {}", config.patch,
      to_string(image));
  require<ConfigError>(config.width >= 4 && config.width % 4 == 0 && config.heads >= 1 &&
                           config.width % config.heads == 0 && config.depth >= 1,
                       "[dit] expected network.width to be a multiple of 4 and of network.heads, and network.depth ≥ "
                       "1, got width {}, heads {} and depth {}",
                       config.width, config.heads, config.depth);
}

}  // namespace

DiTBlock::DiTBlock(const DiTConfig& config, const Rng& rng)
    : qkv(config.width, 3 * config.width, rng.fork(0)),
      proj(config.width, config.width, rng.fork(1)),
      fc1(config.width, 4 * config.width, rng.fork(2)),
      fc2(4 * config.width, config.width, rng.fork(3)),
      modulation(config.width, 6 * config.width, rng.fork(4), Init::zero),
      heads(config.heads) {}

Tensor DiTBlock::operator()(const Tensor& h, const Tensor& c) const {
  const auto m = chunks(modulation(c), 6);  // shift, scale and gate of attention, then of the MLP
  const std::int64_t width = h.extent(2);
  const Tensor all = qkv(modulated(h, m[0], m[1]));
  const Tensor mixed =
      attention(slice(all, 2, 0, width), slice(all, 2, width, 2 * width), slice(all, 2, 2 * width, 3 * width), heads);
  const Tensor attended = h + m[2] * proj(mixed);
  return attended + m[5] * fc2(gelu(fc1(modulated(attended, m[3], m[4]))));
}

void DiTBlock::visit(const ParameterVisitor& visitor) {
  visitor("attn.qkv", qkv);
  visitor("attn.proj", proj);
  visitor("mlp.fc1", fc1);
  visitor("mlp.fc2", fc2);
  visitor("adaLN_modulation.1", modulation);
}

DiT::DiT(const Shape& image, DiTConfig config, const Rng& rng) : config_(config), image_(image) {
  check(image, config_);
  if (config_.out_channels == 0) config_.out_channels = image[2];
  const auto patch = static_cast<int>(config_.patch);
  x_embedder_ = Conv2d(image[2], config_.width, patch, rng.fork(0), patch);
  x_embedder_.geometry.padding = 0;
  t_embedder_ = TimeEmbedding(time_features, config_.width, rng.fork(1));
  if (config_.classes > 0)
    y_embedder_ = ClassEmbedding(config_.classes, config_.width, config_.label_dropout, rng.fork(2));
  pos_embed_ = positions(image[0] / patch, image[1] / patch, config_.width);
  for (std::int64_t i = 0; i < config_.depth; ++i)
    blocks_.emplace_back(config_, rng.fork(static_cast<std::uint64_t>(10 + i)));
  final_linear_ = Linear(config_.width, patch * patch * config_.out_channels, rng.fork(3), Init::zero);
  final_modulation_ = Linear(config_.width, 2 * config_.width, rng.fork(4), Init::zero);
}

Tensor DiT::image_of(const Tensor& patches) const {
  const std::int64_t batch = patches.extent(0), p = config_.patch, channels = config_.out_channels;
  const Tensor tiles = reshape(patches, {batch, image_[0] / p, image_[1] / p, p, p, channels});
  return reshape(permute(tiles, {0, 1, 3, 2, 4, 5}), {batch, image_[0], image_[1], channels});
}

Tensor DiT::operator()(const Tensor& x, const Tensor& time, const Pass& pass) const {
  require<ShapeError>(
      x.rank() == 4 && x.size() > 0 && x.extent(1) == image_[0] && x.extent(2) == image_[1] && x.extent(3) == image_[2],
      "[dit] expected x [B, {}, {}, {}] with B > 0, got {}", image_[0], image_[1], image_[2], to_string(x.shape()));
  const Tensor c = silu(y_embedder_.add_to(t_embedder_(sinusoidal_embedding(time, time_features)), pass));
  Tensor h = reshape(x_embedder_(x), {x.extent(0), pos_embed_.extent(1), config_.width}) + pos_embed_;
  for (const DiTBlock& block : blocks_) h = config_.checkpoint ? checkpoint(block, h, c) : block(h, c);
  const auto m = chunks(final_modulation_(c), 2);
  return image_of(final_linear_(modulated(h, m[0], m[1])));
}

void DiT::visit(const ParameterVisitor& visitor) {
  visitor.fixed("pos_embed", pos_embed_);
  visitor("x_embedder.proj", x_embedder_);
  visitor("t_embedder.mlp.0", t_embedder_.linear_1);
  visitor("t_embedder.mlp.2", t_embedder_.linear_2);
  if (y_embedder_.weight.defined()) visitor("y_embedder.embedding_table", y_embedder_);
  visitor("blocks", blocks_);
  visitor("final_layer.linear", final_linear_);
  visitor("final_layer.adaLN_modulation.1", final_modulation_);
}

}  // namespace fokker
