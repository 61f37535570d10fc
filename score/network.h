#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "fokker/core/nn/module.h"

namespace fokker {

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
