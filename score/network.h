#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "fokker/core/config_fields.h"
#include "fokker/core/nn/module.h"

namespace fokker {

std::vector<std::string> network_names();

/// The table [network] of an experiment; each kind reads its own keys.
struct NetworkConfig {
  std::string kind = "unet";
  // unet
  std::vector<std::int64_t> channels = {32, 64};
  std::vector<bool> attention = {false, true};
  std::int64_t layers_per_block = 2;
  std::int64_t groups = 8;
  std::int64_t head_size = 8;
  // mlp, feed_forward
  std::vector<std::int64_t> hidden = {256, 256, 256, 256};
  std::int64_t time_dimension = 64;
  // unet, mlp
  double dropout = 0;

  static constexpr auto fields = std::tuple{
      field("kind", &NetworkConfig::kind, "architecture", one_of(network_names)),
      field("channels", &NetworkConfig::channels, "unet: channels of each level", nonempty(), at_least(1)),
      field("attention", &NetworkConfig::attention, "unet: self-attention at each level"),
      field("layers_per_block", &NetworkConfig::layers_per_block, "unet: residual blocks of a level", at_least(1)),
      field("groups", &NetworkConfig::groups, "unet: groups of GroupNorm", at_least(1)),
      field("head_size", &NetworkConfig::head_size, "unet: channels of an attention head", at_least(1)),
      field("hidden", &NetworkConfig::hidden, "mlp, feed_forward: widths of the hidden layers", nonempty(),
            at_least(1)),
      field("time_dimension", &NetworkConfig::time_dimension, "mlp: size of the time embedding", at_least(2)),
      field("dropout", &NetworkConfig::dropout, "unet, mlp: share of activations dropped in training",
            between(0, 0.99))};
};

/// A network for samples of one shape, such as [8, 8, 1] or [2].
struct NetworkEntry {
  const char* name;
  const char* description;
  std::unique_ptr<Network> (*make)(const NetworkConfig& config, const Shape& sample, const Rng& rng);
};

std::span<const NetworkEntry> network_entries();

/// Throws ConfigError for an unknown kind or a shape that the network does not take.
std::unique_ptr<Network> make_network(const NetworkConfig& config, const Shape& sample, const Rng& rng);

}  // namespace fokker
