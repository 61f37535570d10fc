#include "fokker/score/networks/unet_blocks.h"

#include <algorithm>

#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/view.h"

namespace fokker {
namespace {

/// The filter (1, 2, 1)/4 along an axis, with zeros beyond its ends.
Tensor binomial(const Tensor& x, int axis) {
  const std::int64_t n = x.extent(axis);
  const Tensor padded = pad(x, axis, 1, 1);
  return weighted_sum({{0.25, slice(padded, axis, 0, n)}, {0.5, x}, {0.25, slice(padded, axis, 2, n + 2)}});
}

Tensor divided(const Tensor& x, double divisor) { return divisor == 1 ? x : x * (1 / divisor); }

bool is_one_of(const std::string& name, std::initializer_list<const char*> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

int norm_groups(std::int64_t channels, const UNetConfig& config) {
  return config.groups > 0 ? config.groups : static_cast<int>(std::clamp<std::int64_t>(channels / 4, 1, 32));
}

}  // namespace

// The filter (1, 3, 3, 1) is (1, 2, 1) after or before (1, 1).
Tensor fir_downsample(const Tensor& x) { return avg_pool2d(binomial(binomial(x, 1), 2), 2); }
Tensor fir_upsample(const Tensor& x) { return binomial(binomial(upsample_nearest(x, 2), 1), 2); }

void UNetConfig::check() const {
  require<ConfigError>(!channels.empty() && layers_per_block >= 1,
                       "[unet] expected at least one level (network.channels) and one layer a block");
  require<ConfigError>(attention.empty() || attention.size() == channels.size(),
                       "[unet] expected network.attention to have {} entries, one a level, got {}", channels.size(),
                       attention.size());
  require<ConfigError>(
      is_one_of(downsample, {"conv", "resnet", "fir"}) && is_one_of(upsample, {"conv", "resnet", "fir"}),
      "[unet] expected downsample and upsample to be conv, resnet or fir, got {} and {}", downsample, upsample);
  require<ConfigError>(norm == "group" || (norm == "instance" && !scale_shift),
                       "[unet] expected norm to be group, or instance without scale_shift, got {}{}", norm,
                       scale_shift ? " with scale_shift" : "");
  require<ConfigError>(!progressive || (downsample == "fir" && upsample == "fir"),
                       "[unet] progressive expects downsample = upsample = \"fir\", got {} and {}", downsample,
                       upsample);
  require<ConfigError>(is_one_of(time_embedding, {"positional", "fourier", "none"}),
                       "[unet] expected time_embedding to be positional, fourier or none, got {}", time_embedding);
  require<ConfigError>(downsample_padding == 0 || downsample_padding == 1,
                       "[unet] expected downsample_padding to be 0 or 1, got {}", downsample_padding);
  require<ConfigError>(norm_epsilon > 0 && residual_divisor > 0 && mid_divisor > 0,
                       "[unet] expected norm_epsilon, residual_divisor and mid_divisor above 0, got {}, {} and {}",
                       norm_epsilon, residual_divisor, mid_divisor);
  require<ConfigError>(text.width == 0 || !checkpoint,
                       "[unet] a network with network.text_width > 0 keeps its values: set network.checkpoint = false");
}

GroupNorm unet_norm(std::int64_t channels, const UNetConfig& config, Activation activation) {
  GroupNorm norm(channels, norm_groups(channels, config), activation);
  norm.epsilon = config.norm_epsilon;
  return norm;
}

Attention unet_attention(std::int64_t channels, int groups, const UNetConfig& config, const Rng& rng) {
  require<ConfigError>(config.head_size == 0 || (config.head_size <= channels && channels % config.head_size == 0),
                       "[unet] attention over {} channels does not divide into heads of {}: change network.head_size "
                       "(0: one head), or switch attention and mid_attention off",
                       channels, config.head_size);
  const std::int64_t heads = config.head_size == 0 ? 1 : channels / config.head_size;
  Attention attention(channels, static_cast<int>(heads), groups, rng);
  attention.group_norm.epsilon = config.norm_epsilon;
  attention.divisor = config.residual_divisor;
  return attention;
}

ResidualBlock::ResidualBlock(std::int64_t in, std::int64_t out, const UNetConfig& config, const Rng& rng,
                             Resample resample)
    : conv1(in, out, 3, rng.fork(0)),
      conv2(out, out, 3, rng.fork(1), 1, Init::zero),
      dropout{config.dropout, rng.seed()},
      resample(resample),
      instance(config.norm == "instance"),
      fir(resample != Resample::none && (resample == Resample::down ? config.downsample : config.upsample) == "fir"),
      scale_shift(config.scale_shift),
      divisor(config.residual_divisor) {
  const std::int64_t embedding = config.embedding_size();
  if (instance) {
    instance1 = ConditionalInstanceNorm(in, embedding, rng.fork(4));
    instance2 = ConditionalInstanceNorm(out, embedding, rng.fork(5));
    instance1.epsilon = instance2.epsilon = config.norm_epsilon;
  } else {
    norm1 = unet_norm(in, config);
    norm2 = unet_norm(out, config, scale_shift ? Activation::none : Activation::silu);
    time_emb_proj = Linear(embedding, scale_shift ? 2 * out : out, rng.fork(2));
  }
  if (in != out || fir) conv_shortcut = Conv2d(in, out, 1, rng.fork(3));
}

Tensor ResidualBlock::resampled(const Tensor& x) const {
  switch (resample) {
    case Resample::down: return fir ? fir_downsample(x) : avg_pool2d(x, 2);
    case Resample::up: return fir ? fir_upsample(x) : upsample_nearest(x, 2);
    case Resample::none: break;
  }
  return x;
}

Tensor ResidualBlock::conditioned(const Tensor& h, const Tensor& embedding) const {
  if (instance) return silu(instance2(h, embedding));
  const Tensor projected = time_emb_proj(embedding);
  const std::int64_t batch = h.extent(0), channels = h.extent(3);
  if (!scale_shift) return norm2(h + reshape(projected, {batch, 1, 1, channels}));
  const Tensor scale = reshape(slice(projected, 1, 0, channels) + 1.0, {batch, 1, 1, channels});
  const Tensor shift = reshape(slice(projected, 1, channels, 2 * channels), {batch, 1, 1, channels});
  return silu(norm2(h) * scale + shift);
}

Tensor ResidualBlock::operator()(const Tensor& x, const Tensor& embedding, const Pass& pass) const {
  Tensor h = conv1(resampled(instance ? silu(instance1(x, embedding)) : norm1(x)));
  h = conv2(dropout(conditioned(h, embedding), pass));
  const Tensor shortcut = resampled(x);
  return divided((conv_shortcut.weight.defined() ? conv_shortcut(shortcut) : shortcut) + h, divisor);
}

void ResidualBlock::visit(const ParameterVisitor& visitor) {
  if (instance) {
    visitor("norm1", instance1);
    visitor("conv1", conv1);
    visitor("norm2", instance2);
  } else {
    visitor("norm1", norm1);
    visitor("conv1", conv1);
    visitor("time_emb_proj", time_emb_proj);
    visitor("norm2", norm2);
  }
  visitor("conv2", conv2);
  if (conv_shortcut.weight.defined()) visitor("conv_shortcut", conv_shortcut);
}

Resampler::Resampler(std::int64_t channels, Resample resample, const UNetConfig& config, const Rng& rng)
    : resample(resample) {
  const bool down = resample == Resample::down;
  if ((down ? config.downsample : config.upsample) != "conv") {
    block.emplace_back(channels, channels, config, rng, resample);
  } else {
    conv = Conv2d(channels, channels, 3, rng, down ? 2 : 1);
    if (down) conv.geometry.padding = config.downsample_padding;
  }
}

Tensor Resampler::operator()(const Tensor& x, const Tensor& embedding, const Pass& pass) const {
  if (!block.empty()) return block[0](x, embedding, pass);
  if (resample == Resample::up) return conv(upsample_nearest(x, 2));
  return conv(conv.geometry.padding > 0 ? x : pad(pad(x, 1, 0, 1), 2, 0, 1));
}

void Resampler::visit(const ParameterVisitor& visitor) {
  if (block.empty())
    visitor("conv", conv);
  else
    block[0].visit(visitor);
}

Tensor UNetLevel::attend(std::size_t i, const Tensor& h, const TextStates& text) const {
  const Tensor attended = attentions[i](h);
  return i < cross_attentions.size() ? cross_attentions[i](attended, text.tokens, text.key_bias) : attended;
}

Tensor UNetLevel::layer(std::size_t i, const Tensor& x, const Tensor& embedding, const Pass& pass,
                        const TextStates& text) const {
  const Tensor h = resnets[i](x, embedding, pass);
  if (attends_once) return !attentions.empty() && i + 1 == resnets.size() ? attend(0, h, text) : h;
  return i < attentions.size() ? attend(i, h, text) : h;
}

void UNetLevel::visit(const ParameterVisitor& visitor) {
  visitor("resnets", resnets);
  visitor("attentions", attentions);
  visitor("cross_attentions", cross_attentions);
  if (!progressive) {
    visitor("downsamplers", downsamplers);
    visitor("upsamplers", upsamplers);
    return;
  }
  for (Resampler& down : downsamplers) visitor("resnet_down", down);
  for (Resampler& up : upsamplers) visitor("resnet_up", up);
  if (skip_norm.weight.defined()) visitor("skip_norm", skip_norm);
  if (skip_conv.weight.defined()) visitor("skip_conv", skip_conv);
}

}  // namespace fokker
