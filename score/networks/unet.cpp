#include "fokker/score/networks/unet.h"

#include "fokker/core/ops/checkpoint.h"
#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/view.h"

namespace fokker {
namespace {

constexpr double fourier_scale = 16;  // scale of NCSN++ [song2021]

/// Computes f(level, x…).  With `again` it is computed again in the backward pass, and the tape then holds a copy of
/// the level.
template <class F, class... X>
Tensor through(const UNetLevel& level, bool again, F f, const X&... x) {
  if (!again) return f(level, x...);
  return checkpoint([level, f](const X&... inputs) { return f(level, inputs...); }, x...);
}

}  // namespace

UNet::UNet(std::int64_t image_channels, UNetConfig config, const Rng& rng)
    : config_(std::move(config)), image_channels_(image_channels) {
  config_.check();
  if (config_.out_channels == 0) config_.out_channels = image_channels;
  const std::int64_t first = config_.channels.front(), embedding = config_.embedding_size();
  const bool fourier = config_.time_embedding == "fourier";
  conv_in_ = Conv2d(image_channels, first, 3, rng.fork(0));
  if (fourier) time_proj_ = FourierEmbedding(2 * first, fourier_scale, rng.fork(8));
  time_embedding_ = TimeEmbedding(fourier ? 2 * first : first, embedding, rng.fork(1));
  if (config_.classes > 0)
    class_embedding_ = ClassEmbedding(config_.classes, embedding, config_.label_dropout, rng.fork(9));
  if (config_.text.width > 0) text_encoder_ = TextEncoder(config_.text, embedding, config_.label_dropout, rng.fork(10));
  build_encoder(rng.fork(2));
  build_middle(rng.fork(3), rng.fork(4), rng.fork(5));
  build_decoder(rng.fork(6));
  conv_norm_out_ = unet_norm(first, config_);
  conv_out_ = Conv2d(first, config_.out_channels, 3, rng.fork(7), 1, Init::zero);
}

void UNet::add_cross_attention(UNetLevel& level, std::int64_t channels, const Rng& rng) const {
  if (config_.text.width == 0) return;
  level.cross_attentions.emplace_back(channels, config_.text.width, level.attentions.back().heads,
                                      unet_norm(channels, config_).groups, rng.fork(4));
  level.cross_attentions.back().norm2.epsilon = config_.norm_epsilon;
}

void UNet::add_attention(UNetLevel& level, std::int64_t channels, const Rng& rng) const {
  level.attentions.push_back(unet_attention(channels, unet_norm(channels, config_).groups, config_, rng));
  add_cross_attention(level, channels, rng);
}

void UNet::build_encoder(const Rng& rng) {
  std::int64_t in = config_.channels.front();
  for (std::size_t i = 0; i < config_.channels.size(); ++i) {
    const Rng level_rng = rng.fork(i);
    const std::int64_t out = config_.channels[i];
    UNetLevel level;
    level.progressive = config_.progressive;
    for (int j = 0; j < config_.layers_per_block; ++j) {
      const auto tag = static_cast<std::uint64_t>(2 * j);
      level.resnets.emplace_back(j == 0 ? in : out, out, config_, level_rng.fork(tag));
      if (attends(i)) add_attention(level, out, level_rng.fork(tag + 1));
    }
    if (i + 1 < config_.channels.size()) {
      level.downsamplers.emplace_back(out, Resample::down, config_, level_rng.fork(1000));
      if (config_.progressive) level.skip_conv = Conv2d(image_channels_, out, 1, level_rng.fork(1001));
    }
    down_blocks_.push_back(std::move(level));
    in = out;
  }
}

void UNet::build_middle(const Rng& first, const Rng& second, const Rng& attention) {
  UNetConfig middle = config_;
  middle.residual_divisor = config_.mid_divisor;
  const std::int64_t channels = config_.channels.back();
  const int rule = config_.scale_shift ? 0 : unet_norm(channels, config_).groups;
  mid_block_.resnets = {ResidualBlock(channels, channels, middle, first),
                        ResidualBlock(channels, channels, middle, second)};
  if (!config_.mid_attention) return;
  mid_block_.attentions = {
      unet_attention(channels, config_.mid_groups > 0 ? config_.mid_groups : rule, middle, attention)};
  add_cross_attention(mid_block_, channels, attention);
}

void UNet::build_decoder(const Rng& rng) {
  const auto& channels = config_.channels;
  std::int64_t in = channels.back();
  for (std::size_t i = 0; i < channels.size(); ++i) {
    const Rng level_rng = rng.fork(i);
    const std::size_t level_index = channels.size() - 1 - i;
    const std::int64_t out = channels[level_index];
    // The last skip of a level comes from the level above it, or from conv_in.
    const std::int64_t skip_last = channels[level_index == 0 ? 0 : level_index - 1];
    UNetLevel level;
    level.progressive = level.attends_once = config_.progressive;
    for (int j = 0; j <= config_.layers_per_block; ++j) {
      const auto tag = static_cast<std::uint64_t>(2 * j);
      const std::int64_t skip = j == config_.layers_per_block ? skip_last : out;
      level.resnets.emplace_back((j == 0 ? in : out) + skip, out, config_, level_rng.fork(tag));
      if (attends(level_index) && (j == 0 || !level.attends_once)) add_attention(level, out, level_rng.fork(tag + 1));
    }
    if (level_index > 0) {
      level.upsamplers.emplace_back(out, Resample::up, config_, level_rng.fork(1000));
      if (config_.progressive) {
        level.skip_norm = unet_norm(out, config_);
        level.skip_conv = Conv2d(out, config_.out_channels, 3, level_rng.fork(1001), 1, Init::zero);
      }
    }
    up_blocks_.push_back(std::move(level));
    in = out;
  }
}

Tensor UNet::embed(const Tensor& time, const TextStates& text, const Pass& pass) const {
  const Sinusoids sinusoids{.shift = config_.frequency_shift, .cosine_first = config_.cosine_first};
  const Tensor seen = config_.time_embedding == "none" ? Tensor::zeros(time.shape(), time.dtype()) : time;
  const Tensor features = time_proj_.weight.defined() ? time_proj_(log(time))
                                                      : sinusoidal_embedding(seen, config_.channels.front(), sinusoids);
  const Tensor labelled = class_embedding_.add_to(time_embedding_(features), pass);
  return silu(text.pooled.defined() ? labelled + text.pooled : labelled);
}

std::vector<Tensor> UNet::encode(const Tensor& x, const Tensor& embedding, const TextStates& text,
                                 const Pass& pass) const {
  Tensor h = conv_in_(x), image = x;
  std::vector<Tensor> skips{h};
  for (const UNetLevel& level : down_blocks_) {
    for (std::size_t j = 0; j < level.resnets.size(); ++j) {
      const auto layer = [j, pass, text](const UNetLevel& l, const Tensor& in, const Tensor& e) {
        return l.layer(j, in, e, pass, text);
      };
      h = through(level, config_.checkpoint, layer, h, embedding);
      skips.push_back(h);
    }
    for (const Resampler& down : level.downsamplers) {
      h = down(h, embedding, pass);
      if (level.progressive) {
        image = fir_downsample(image);
        h = level.skip_conv(image) + h;
      }
      skips.push_back(h);
    }
  }
  return skips;
}

Tensor UNet::decode(std::vector<Tensor> skips, const Tensor& embedding, const TextStates& text,
                    const Pass& pass) const {
  const auto middle = [pass, text](const UNetLevel& l, const Tensor& in, const Tensor& e) {
    return l.resnets[1](l.layer(0, in, e, pass, text), e, pass);
  };
  Tensor h = through(mid_block_, config_.checkpoint, middle, skips.back(), embedding);
  Tensor image;  // progressive only: the sum of the levels' outputs
  for (const UNetLevel& level : up_blocks_) {
    for (std::size_t j = 0; j < level.resnets.size(); ++j) {
      const auto layer = [j, pass, text](const UNetLevel& l, const Tensor& in, const Tensor& skip, const Tensor& e) {
        return l.layer(j, concat({in, skip}, 3), e, pass, text);
      };
      h = through(level, config_.checkpoint, layer, h, skips.back(), embedding);
      skips.pop_back();
    }
    if (image.defined()) image = fir_upsample(image);
    if (level.skip_conv.weight.defined()) {
      const Tensor part = level.skip_conv(level.skip_norm(h));
      image = image.defined() ? image + part : part;
    }
    for (const Resampler& up : level.upsamplers) h = up(h, embedding, pass);
  }
  h = conv_out_(conv_norm_out_(h));
  return image.defined() ? h + image : h;
}

Tensor UNet::operator()(const Tensor& x, const Tensor& time, const Pass& pass) const {
  const std::int64_t factor = std::int64_t{1} << (config_.channels.size() - 1);
  require<ShapeError>(x.rank() == 4 && x.size() > 0 && x.extent(3) == image_channels_ && x.extent(1) % factor == 0 &&
                          x.extent(2) % factor == 0,
                      "[unet] expected x [B, H, W, {}], no extent 0, with H and W multiples of {} ({} levels), got {}",
                      image_channels_, factor, config_.channels.size(), to_string(x.shape()));
  const TextStates text = text_encoder_(x.extent(0), pass);
  const Tensor embedding = embed(time, text, pass);
  const Tensor seen = config_.center_input ? x * 2.0 - 1.0 : x;
  const Tensor y = decode(encode(seen, embedding, text, pass), embedding, text, pass);
  return config_.divide_by_time ? y / reshape(time, {x.extent(0), 1, 1, 1}) : y;
}

void UNet::visit(const ParameterVisitor& visitor) {
  visitor("conv_in", conv_in_);
  if (time_proj_.weight.defined()) visitor("time_proj", time_proj_);
  visitor("time_embedding", time_embedding_);
  if (class_embedding_.weight.defined()) visitor("class_embedding", class_embedding_);
  if (config_.text.width > 0) visitor("text_encoder", text_encoder_);
  visitor("down_blocks", down_blocks_);
  visitor("mid_block", mid_block_);
  visitor("up_blocks", up_blocks_);
  visitor("conv_norm_out", conv_norm_out_);
  visitor("conv_out", conv_out_);
}

}  // namespace fokker
