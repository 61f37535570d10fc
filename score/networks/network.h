#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "fokker/core/config/config_fields.h"
#include "fokker/core/nn/module.h"

namespace fokker {

std::vector<std::string> network_names();

/// The table [network] of an experiment.  Each kind reads its own keys.
struct NetworkConfig {
  std::string kind = "unet";
  // Keys of unet, as in UNetConfig.
  std::vector<std::int64_t> channels = {32, 64};
  std::vector<bool> attention = {false, true};
  bool mid_attention = true;
  std::int64_t layers_per_block = 2;
  std::string norm = "group";
  std::int64_t groups = 8;
  std::int64_t mid_groups = 0;
  std::int64_t head_size = 8;
  double norm_epsilon = 1e-5;
  std::int64_t embedding = 0;
  std::string time_embedding = "positional";
  double frequency_shift = 0;
  bool cosine_first = true;
  bool center_input = false;
  bool divide_by_time = false;
  bool scale_shift = false;
  std::string downsample = "conv";
  std::string upsample = "conv";
  std::int64_t downsample_padding = 1;
  double residual_divisor = 1;
  double mid_divisor = 1;
  bool progressive = false;
  // Keys of dit.
  std::int64_t patch = 2;
  std::int64_t depth = 4;
  std::int64_t width = 64;
  std::int64_t heads = 4;
  // Keys of mlp and feed_forward.
  std::vector<std::int64_t> hidden = {256, 256, 256, 256};
  std::int64_t time_dimension = 64;
  bool residual = false;
  // Keys of unet and mlp.
  double dropout = 0;
  // Keys of unet, dit and mlp.
  std::int64_t out_channels = 0;
  std::vector<std::int64_t> fourier_features = {};
  std::int64_t classes = 0;
  double label_dropout = 0;
  // Keys of unet for captions.
  std::int64_t text_width = 0;
  std::int64_t text_depth = 2;
  std::int64_t text_heads = 4;
  std::int64_t text_vocabulary = 0;
  std::int64_t text_length = 0;
  // Keys of unet and dit.
  bool checkpoint = false;

  static constexpr auto fields = std::tuple{
      field("kind", &NetworkConfig::kind, "architecture of the network", one_of(network_names)),
      field("channels", &NetworkConfig::channels, "unet: channels of each level", nonempty(), at_least(1)),
      field("attention", &NetworkConfig::attention, "unet: whether each level has self-attention"),
      field("mid_attention", &NetworkConfig::mid_attention, "unet: whether the middle has self-attention"),
      field("layers_per_block", &NetworkConfig::layers_per_block, "unet: residual blocks of each level", at_least(1)),
      field("norm", &NetworkConfig::norm, "unet: GroupNorm, or the conditional instance norm of NCSN",
            one_of("group", "instance")),
      field("groups", &NetworkConfig::groups, "unet: groups of GroupNorm; 0: channels/4, at most 32", at_least(0)),
      field("mid_groups", &NetworkConfig::mid_groups,
            "unet: groups of the norm before the middle attention; 0: as groups, or no norm with scale_shift",
            at_least(0)),
      field("head_size", &NetworkConfig::head_size, "unet: channels of an attention head; 0: one head", at_least(0)),
      field("norm_epsilon", &NetworkConfig::norm_epsilon, "unet: number added to the variance in GroupNorm", above(0)),
      field("embedding", &NetworkConfig::embedding, "unet: size of the embedding of time and class; 0: 4 channels[0]",
            at_least(0)),
      field("time_embedding", &NetworkConfig::time_embedding,
            "unet: embedding of the time: positional, random Fourier features of the logarithm, or none",
            one_of("positional", "fourier", "none")),
      field("frequency_shift", &NetworkConfig::frequency_shift,
            "unet: shift of the frequencies of the time embedding; 1: the lowest one is 1/10000"),
      field("cosine_first", &NetworkConfig::cosine_first, "unet: puts cosines before sines in the time embedding"),
      field("center_input", &NetworkConfig::center_input, "unet: takes images in [0, 1] to [-1, 1]"),
      field("divide_by_time", &NetworkConfig::divide_by_time, "unet: divides the output by the time label"),
      field("scale_shift", &NetworkConfig::scale_shift,
            "unet: scales and shifts the norm by the embedding, as ADM does, instead of adding the embedding"),
      field("downsample", &NetworkConfig::downsample,
            "unet: downsampling by a convolution, a residual block, or a residual block with the FIR filter",
            one_of("conv", "resnet", "fir")),
      field("upsample", &NetworkConfig::upsample,
            "unet: upsampling by a convolution, a residual block, or a residual block with the FIR filter",
            one_of("conv", "resnet", "fir")),
      field("downsample_padding", &NetworkConfig::downsample_padding,
            "unet: padding of a downsampling convolution; 1: on both sides; 0: after each axis", between(0, 1)),
      field("residual_divisor", &NetworkConfig::residual_divisor, "unet: divisor of residual sums (NCSN++: 2^0.5)",
            above(0)),
      field("mid_divisor", &NetworkConfig::mid_divisor, "unet: divisor of residual sums in the middle", above(0)),
      field("progressive", &NetworkConfig::progressive, "unet: progressive input and output of NCSN++; needs fir"),
      field("patch", &NetworkConfig::patch, "dit: edge of a patch in pixels", at_least(1)),
      field("depth", &NetworkConfig::depth, "dit: transformer blocks", at_least(1)),
      field("width", &NetworkConfig::width, "dit: size of a token", at_least(4)),
      field("heads", &NetworkConfig::heads, "dit: attention heads", at_least(1)),
      field("hidden", &NetworkConfig::hidden, "mlp, feed_forward: widths of the hidden layers", nonempty(),
            at_least(1)),
      field("time_dimension", &NetworkConfig::time_dimension, "mlp: size of the time embedding", at_least(2)),
      field("residual", &NetworkConfig::residual, "mlp: adds hidden layers to their input where the widths agree"),
      field("dropout", &NetworkConfig::dropout, "unet, mlp: share of activations dropped in training",
            between(0, 0.99)),
      field("out_channels", &NetworkConfig::out_channels,
            "unet, dit, mlp: channels of the output; 0: as many as the data have, or as the objective needs",
            at_least(0)),
      field("fourier_features", &NetworkConfig::fourier_features,
            "unet, dit, mlp: exponents n for which the network also sees sin and cos of 2^n pi x", at_least(0)),
      field("classes", &NetworkConfig::classes, "unet, dit, mlp: number of labels; 0: unconditional", at_least(0)),
      field("label_dropout", &NetworkConfig::label_dropout,
            "unet, dit, mlp: share of training samples under the null label and the empty caption", between(0, 0.99)),
      field("text_width", &NetworkConfig::text_width, "unet: size of a token of the caption; 0: no captions",
            at_least(0)),
      field("text_depth", &NetworkConfig::text_depth, "unet: transformer blocks of the text encoder", at_least(1)),
      field("text_heads", &NetworkConfig::text_heads, "unet: attention heads of the text encoder", at_least(1)),
      field("text_vocabulary", &NetworkConfig::text_vocabulary,
            "unet: number of different tokens; 0: as many as the data have", at_least(0)),
      field("text_length", &NetworkConfig::text_length, "unet: tokens of a caption; 0: as many as the data have",
            at_least(0)),
      field("checkpoint", &NetworkConfig::checkpoint,
            "unet, dit: computes blocks again in the backward pass: less memory, more time")};
};

/// One kind of network, for samples of one shape, such as [8, 8, 1] or [2].
struct NetworkEntry {
  const char* name;
  const char* description;
  std::unique_ptr<Network> (*make)(const NetworkConfig& config, const Shape& sample, const Rng& rng);
};

std::span<const NetworkEntry> network_entries();

/// Makes a network with random weights for samples of shape `sample`.  Throws ConfigError for an unknown kind or a
/// shape that the network does not take.
std::unique_ptr<Network> make_network(const NetworkConfig& config, const Shape& sample, const Rng& rng);

}  // namespace fokker
