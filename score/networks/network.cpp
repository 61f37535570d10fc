#include "fokker/score/networks/network.h"

#include <fmt/ranges.h>

#include "fokker/core/base/registry.h"
#include "fokker/score/networks/dit.h"
#include "fokker/score/networks/feed_forward.h"
#include "fokker/score/networks/fourier_input.h"
#include "fokker/score/networks/mlp.h"
#include "fokker/score/networks/noisy_classifier.h"
#include "fokker/score/networks/unet.h"

namespace fokker {
namespace {

std::int64_t channels_of(const Shape& sample) { return sample[sample.rank() - 1]; }

std::unique_ptr<Network> make_unet(const NetworkConfig& config, const Shape& sample, const Rng& rng) {
  require<ConfigError>(
      sample.rank() == 3,
      "[network] kind = \"unet\" expects images [height, width, channels], got samples {}; use \"mlp\"",
      to_string(sample));
  const UNetConfig unet{.channels = config.channels,
                        .attention = config.attention,
                        .mid_attention = config.mid_attention,
                        .layers_per_block = static_cast<int>(config.layers_per_block),
                        .norm = config.norm,
                        .groups = static_cast<int>(config.groups),
                        .mid_groups = static_cast<int>(config.mid_groups),
                        .head_size = static_cast<int>(config.head_size),
                        .norm_epsilon = config.norm_epsilon,
                        .dropout = config.dropout,
                        .out_channels = config.out_channels,
                        .embedding = config.embedding,
                        .time_embedding = config.time_embedding,
                        .frequency_shift = config.frequency_shift,
                        .cosine_first = config.cosine_first,
                        .center_input = config.center_input,
                        .divide_by_time = config.divide_by_time,
                        .scale_shift = config.scale_shift,
                        .downsample = config.downsample,
                        .upsample = config.upsample,
                        .downsample_padding = static_cast<int>(config.downsample_padding),
                        .residual_divisor = config.residual_divisor,
                        .mid_divisor = config.mid_divisor,
                        .progressive = config.progressive,
                        .classes = config.classes,
                        .label_dropout = config.label_dropout,
                        .text = {.vocabulary = config.text_vocabulary,
                                 .length = config.text_length,
                                 .width = config.text_width,
                                 .depth = config.text_depth,
                                 .heads = static_cast<int>(config.text_heads)},
                        .checkpoint = config.checkpoint};
  return std::make_unique<UNet>(sample[2], unet, rng);
}

std::unique_ptr<Network> make_dit(const NetworkConfig& config, const Shape& sample, const Rng& rng) {
  const DiTConfig dit{.patch = config.patch,
                      .depth = config.depth,
                      .width = config.width,
                      .heads = static_cast<int>(config.heads),
                      .out_channels = config.out_channels,
                      .classes = config.classes,
                      .label_dropout = config.label_dropout,
                      .checkpoint = config.checkpoint};
  return std::make_unique<DiT>(sample, dit, rng);
}

std::unique_ptr<Network> make_mlp(const NetworkConfig& config, const Shape& sample, const Rng& rng) {
  const MlpConfig mlp{.hidden = config.hidden,
                      .time_dimension = config.time_dimension,
                      .residual = config.residual,
                      .dropout = config.dropout,
                      .outputs = sample.size() / channels_of(sample) * config.out_channels,
                      .classes = config.classes,
                      .label_dropout = config.label_dropout};
  return std::make_unique<Mlp>(sample.size(), mlp, rng);
}

std::unique_ptr<Network> make_classifier(const NetworkConfig& config, const Shape& sample, const Rng& rng) {
  return std::make_unique<NoisyClassifier>(sample.rank() == 3 ? config.channels : config.hidden, config.classes, sample,
                                           rng);
}

std::unique_ptr<Network> make_feed_forward(const NetworkConfig& config, const Shape& sample, const Rng& rng) {
  require<ConfigError>(config.out_channels == 0,
                       "[network] kind = \"feed_forward\" returns as many numbers as it takes: leave "
                       "network.fourier_features and network.out_channels empty, or use \"mlp\"");
  return std::make_unique<FeedForward>(sample.size(), config.hidden, rng);
}

constexpr NetworkEntry entries[] = {
    {"unet",
     "U-Net of DDPM, with options of ADM and NCSN++, for images: channels, attention, layers_per_block, groups, "
     "head_size, dropout, classes, scale_shift, downsample, …",
     make_unet},
    {"dit", "diffusion transformer for images of one size: patch, depth, width, heads, classes", make_dit},
    {"mlp", "multilayer perceptron with time embedding: hidden, residual, time_dimension, dropout, classes", make_mlp},
    {"classifier", "classifier of noisy images or points, for guidance: classes, channels (images) or hidden (points)",
     make_classifier},
    {"feed_forward", "linear layers with ReLU for regression: hidden", make_feed_forward},
};
constexpr Registry table("[network] kind:", entries);

std::unique_ptr<Network> make_fourier_input(const NetworkConfig& config, const Shape& sample, const Rng& rng) {
  NetworkConfig inner = config;
  inner.fourier_features.clear();
  if (inner.out_channels == 0) inner.out_channels = channels_of(sample);
  const std::int64_t channels = channels_of(sample) * (1 + 2 * std::ssize(config.fourier_features));
  return std::make_unique<FourierInput>(make_network(inner, with_extent(sample, sample.rank() - 1, channels), rng),
                                        config.fourier_features);
}

}  // namespace

std::span<const NetworkEntry> network_entries() { return entries; }

std::vector<std::string> network_names() { return table.names(); }

std::unique_ptr<Network> make_network(const NetworkConfig& config, const Shape& sample, const Rng& rng) {
  require<ConfigError>(config.text_width == 0 || config.kind == "unet",
                       "[network] captions (text_width = {}) go with kind = \"unet\", got \"{}\"", config.text_width,
                       config.kind);
  require<ShapeError>(sample.rank() > 0 && sample.size() > 0,
                      "[network] expected samples with at least one axis and one number, got {}", sample);
  if (!config.fourier_features.empty()) return make_fourier_input(config, sample, rng);
  return table.at(config.kind).make(config, sample, rng);
}

}  // namespace fokker
