#include "fokker/score/unet.h"

#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/view.h"

namespace fokker {

UNet::UNet(std::int64_t image_channels, UNetConfig config, const Rng& rng)
    : config_(std::move(config)), image_channels_(image_channels) {
  require<ConfigError>(!config_.channels.empty() && config_.layers_per_block >= 1,
                       "[unet] expected at least one level (network.channels) and one layer a block");
  require<ConfigError>(config_.attention.empty() || config_.attention.size() == config_.channels.size(),
                       "[unet] expected network.attention to have {} entries, one a level, got {}",
                       config_.channels.size(), config_.attention.size());
  const std::int64_t first = config_.channels.front(), last = config_.channels.back(), embedding = 4 * first;
  conv_in_ = Conv2d(image_channels, first, 3, rng.fork(0));
  time_embedding_ = TimeEmbedding(first, embedding, rng.fork(1));
  build_encoder(embedding, rng.fork(2));
  mid_block_.resnets = {ResidualBlock(last, last, embedding, config_, rng.fork(3)),
                        ResidualBlock(last, last, embedding, config_, rng.fork(4))};
  if (attends(config_.channels.size() - 1)) mid_block_.attentions = {attention(last, rng.fork(5))};
  build_decoder(embedding, rng.fork(6));
  conv_norm_out_ = GroupNorm(first, config_.groups, Activation::silu);
  conv_out_ = Conv2d(first, image_channels, 3, rng.fork(7), 1, Init::zero);
}

Attention UNet::attention(std::int64_t channels, const Rng& rng) const {
  return {channels, static_cast<int>(channels / config_.head_size), config_.groups, rng};
}

void UNet::build_encoder(std::int64_t embedding, const Rng& rng) {
  std::int64_t in = config_.channels.front();
  for (std::size_t i = 0; i < config_.channels.size(); ++i) {
    const Rng level_rng = rng.fork(i);
    const std::int64_t out = config_.channels[i];
    UNetLevel level;
    for (int j = 0; j < config_.layers_per_block; ++j) {
      const auto tag = static_cast<std::uint64_t>(2 * j);
      level.resnets.emplace_back(j == 0 ? in : out, out, embedding, config_, level_rng.fork(tag));
      if (attends(i)) level.attentions.push_back(attention(out, level_rng.fork(tag + 1)));
    }
    if (i + 1 < config_.channels.size()) level.downsamplers.push_back({Conv2d(out, out, 3, level_rng.fork(1000), 2)});
    down_blocks_.push_back(std::move(level));
    in = out;
  }
}

void UNet::build_decoder(std::int64_t embedding, const Rng& rng) {
  const auto& channels = config_.channels;
  std::int64_t in = channels.back();
  for (std::size_t i = 0; i < channels.size(); ++i) {
    const Rng level_rng = rng.fork(i);
    const std::size_t level_index = channels.size() - 1 - i;
    const std::int64_t out = channels[level_index];
    // The last skip of a level comes from the level above it (or from conv_in).
    const std::int64_t skip_last = channels[level_index == 0 ? 0 : level_index - 1];
    UNetLevel level;
    for (int j = 0; j <= config_.layers_per_block; ++j) {
      const auto tag = static_cast<std::uint64_t>(2 * j);
      const std::int64_t skip = j == config_.layers_per_block ? skip_last : out;
      level.resnets.emplace_back((j == 0 ? in : out) + skip, out, embedding, config_, level_rng.fork(tag));
      if (attends(level_index)) level.attentions.push_back(attention(out, level_rng.fork(tag + 1)));
    }
    if (level_index > 0) level.upsamplers.push_back({Conv2d(out, out, 3, level_rng.fork(1000))});
    up_blocks_.push_back(std::move(level));
    in = out;
  }
}

Tensor UNet::operator()(const Tensor& x, const Tensor& time, const Pass& pass) const {
  const std::int64_t factor = std::int64_t{1} << (config_.channels.size() - 1);
  require<ShapeError>(
      x.rank() == 4 && x.extent(3) == image_channels_ && x.extent(1) % factor == 0 && x.extent(2) % factor == 0,
      "[unet] expected x [B, H, W, {}] with H and W multiples of {} ({} levels), got {}", image_channels_, factor,
      config_.channels.size(), to_string(x.shape()));
  const Tensor embedding = silu(time_embedding_(sinusoidal_embedding(time, config_.channels.front())));
  Tensor h = conv_in_(x);
  std::vector<Tensor> skips{h};
  for (const UNetLevel& level : down_blocks_) {
    for (std::size_t j = 0; j < level.resnets.size(); ++j) {
      h = level.layer(j, h, embedding, pass);
      skips.push_back(h);
    }
    for (const Resampler& down : level.downsamplers) {
      h = down.conv(h);
      skips.push_back(h);
    }
  }
  h = mid_block_.layer(0, h, embedding, pass);
  h = mid_block_.resnets[1](h, embedding, pass);
  for (const UNetLevel& level : up_blocks_) {
    for (std::size_t j = 0; j < level.resnets.size(); ++j) {
      h = level.layer(j, concat({h, skips.back()}, 3), embedding, pass);
      skips.pop_back();
    }
    for (const Resampler& up : level.upsamplers) h = up.conv(upsample_nearest(h, 2));
  }
  return conv_out_(conv_norm_out_(h));
}

void UNet::visit(const ParameterVisitor& visitor) {
  visitor("conv_in", conv_in_);
  visitor("time_embedding", time_embedding_);
  visitor("down_blocks", down_blocks_);
  visitor("mid_block", mid_block_);
  visitor("up_blocks", up_blocks_);
  visitor("conv_norm_out", conv_norm_out_);
  visitor("conv_out", conv_out_);
}

}  // namespace fokker
