#include "fokker/score/network.h"

#include <fmt/ranges.h>

#include "fokker/score/feed_forward.h"
#include "fokker/score/mlp.h"
#include "fokker/score/unet.h"

namespace fokker {
namespace {

std::unique_ptr<Network> make_unet(const NetworkConfig& config, const Shape& sample, const Rng& rng) {
  require<ConfigError>(
      sample.rank() == 3,
      "[network] kind = \"unet\" expects images [height, width, channels], got samples {}; use \"mlp\"",
      to_string(sample));
  const UNetConfig unet{.channels = config.channels,
                        .attention = config.attention,
                        .layers_per_block = static_cast<int>(config.layers_per_block),
                        .groups = static_cast<int>(config.groups),
                        .head_size = static_cast<int>(config.head_size),
                        .dropout = config.dropout};
  return std::make_unique<UNet>(sample[2], unet, rng);
}

std::unique_ptr<Network> make_mlp(const NetworkConfig& config, const Shape& sample, const Rng& rng) {
  const MlpConfig mlp{.hidden = config.hidden, .time_dimension = config.time_dimension, .dropout = config.dropout};
  return std::make_unique<Mlp>(sample.size(), mlp, rng);
}

std::unique_ptr<Network> make_feed_forward(const NetworkConfig& config, const Shape& sample, const Rng& rng) {
  return std::make_unique<FeedForward>(sample.size(), config.hidden, rng);
}

constexpr NetworkEntry entries[] = {
    {"unet", "U-Net of DDPM for images: channels, attention, layers_per_block, groups, head_size, dropout", make_unet},
    {"mlp", "multilayer perceptron with time embedding: hidden, time_dimension, dropout", make_mlp},
    {"feed_forward", "linear layers with ReLU for regression: hidden", make_feed_forward},
};

}  // namespace

std::span<const NetworkEntry> network_entries() { return entries; }

std::vector<std::string> network_names() {
  std::vector<std::string> names;
  for (const NetworkEntry& entry : entries) names.emplace_back(entry.name);
  return names;
}

std::unique_ptr<Network> make_network(const NetworkConfig& config, const Shape& sample, const Rng& rng) {
  for (const NetworkEntry& entry : entries)
    if (config.kind == entry.name) return entry.make(config, sample, rng);
  throw ConfigError(
      fmt::format("[network] expected kind to be one of {}, got {}", fmt::join(network_names(), ", "), config.kind));
}

}  // namespace fokker
