"""The U-Net of DDPM in torch, for machines without diffusers: the structure and the parameter names of its UNet2DModel
with DownBlock2D and AttnDownBlock2D (tests/python/against_peers/test_mnist_peer.py compares the two)."""

import math

import torch
from torch import nn
from torch.nn import functional


class ResidualBlock(nn.Module):
    def __init__(self, channels, out, embedding, groups, epsilon):
        super().__init__()
        self.norm1, self.norm2 = nn.GroupNorm(groups, channels, epsilon), nn.GroupNorm(groups, out, epsilon)
        self.conv1, self.conv2 = nn.Conv2d(channels, out, 3, padding=1), nn.Conv2d(out, out, 3, padding=1)
        self.time_emb_proj = nn.Linear(embedding, out)
        if channels != out:
            self.conv_shortcut = nn.Conv2d(channels, out, 1)

    def forward(self, x, embedding):
        h = self.conv1(functional.silu(self.norm1(x)))
        h = h + self.time_emb_proj(functional.silu(embedding))[:, :, None, None]
        h = self.conv2(functional.silu(self.norm2(h)))
        return h + (self.conv_shortcut(x) if hasattr(self, "conv_shortcut") else x)


class Attention(nn.Module):
    def __init__(self, channels, head_size, groups, epsilon):
        super().__init__()
        self.heads = channels // head_size
        self.group_norm = nn.GroupNorm(groups, channels, epsilon)
        self.to_q, self.to_k, self.to_v = (nn.Linear(channels, channels) for _ in range(3))
        self.to_out = nn.ModuleList([nn.Linear(channels, channels)])

    def forward(self, x):
        batch, channels, height, width = x.shape
        h = self.group_norm(x).flatten(2).transpose(1, 2)
        q, k, v = (f(h).unflatten(2, (self.heads, -1)).transpose(1, 2) for f in (self.to_q, self.to_k, self.to_v))
        h = functional.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)
        return x + self.to_out[0](h).transpose(1, 2).reshape(batch, channels, height, width)


class Level(nn.Module):
    """Residual blocks, each with attention or none, and a convolution that changes the resolution."""

    def __init__(self, inputs, out, attends, options, resample=None):
        super().__init__()
        shared = {"groups": options["norm_num_groups"], "epsilon": options["norm_eps"]}
        embedding = 4 * options["block_out_channels"][0]
        self.resnets = nn.ModuleList(ResidualBlock(i, out, embedding, **shared) for i in inputs)
        if attends:
            head_size = options["attention_head_dim"] or out
            # The middle has one attention between its two blocks.
            count = len(inputs) - (resample == "middle")
            self.attentions = nn.ModuleList(Attention(out, head_size, **shared) for _ in range(count))
        name = {"down": "downsamplers", "up": "upsamplers"}.get(resample)
        if name:
            resampler = nn.Module()
            resampler.conv = nn.Conv2d(out, out, 3, 2 if resample == "down" else 1, 1)
            setattr(self, name, nn.ModuleList([resampler]))

    def layer(self, i, h, embedding):
        h = self.resnets[i](h, embedding)
        return self.attentions[i](h) if hasattr(self, "attentions") and i < len(self.attentions) else h


class UNet(nn.Module):
    """A U-Net with keywords of UNet2DModel, called as forward(x [B, C, H, W], t [B]).

    Keywords are block_out_channels, layers_per_block, down_block_types, norm_num_groups, norm_eps, attention_head_dim,
    in_channels, out_channels and add_attention.
    """

    def __init__(self, **options):
        super().__init__()
        channels, layers = list(options["block_out_channels"]), options["layers_per_block"]
        attends = ["Attn" in name for name in options["down_block_types"]]
        first, last = channels[0], len(channels) - 1
        self.conv_in = nn.Conv2d(options["in_channels"], first, 3, padding=1)
        self.time_embedding = nn.Module()
        self.time_embedding.linear_1 = nn.Linear(first, 4 * first)
        self.time_embedding.linear_2 = nn.Linear(4 * first, 4 * first)
        self.down_blocks, self.up_blocks = nn.ModuleList(), nn.ModuleList()
        for i, out in enumerate(channels):
            inputs = [channels[max(i - 1, 0)]] + [out] * (layers - 1)
            self.down_blocks.append(Level(inputs, out, attends[i], options, "down" if i < last else None))
        middle = channels[last]
        self.mid_block = Level([middle] * 2, middle, options["add_attention"], options, "middle")
        below = middle
        for i in reversed(range(len(channels))):
            # The last skip of a level comes from the level above it.
            skips = [channels[i]] * layers + [channels[max(i - 1, 0)]]
            inputs = [a + b for a, b in zip([below] + [channels[i]] * layers, skips)]
            self.up_blocks.append(Level(inputs, channels[i], attends[i], options, "up" if i > 0 else None))
            below = channels[i]
        self.conv_norm_out = nn.GroupNorm(options["norm_num_groups"], first, options["norm_eps"])
        self.conv_out = nn.Conv2d(first, options["out_channels"], 3, padding=1)
        half = first // 2
        self.register_buffer("frequencies", torch.exp(-math.log(10_000) * torch.arange(half) / half), persistent=False)

    def embed(self, t):
        phase = t[:, None] * self.frequencies
        h = torch.cat([phase.cos(), phase.sin()], 1)
        return self.time_embedding.linear_2(functional.silu(self.time_embedding.linear_1(h)))

    def forward(self, x, t):
        embedding, h = self.embed(t), self.conv_in(x)
        skips = [h]
        for level in self.down_blocks:
            for i in range(len(level.resnets)):
                h = level.layer(i, h, embedding)
                skips.append(h)
            if hasattr(level, "downsamplers"):
                h = level.downsamplers[0].conv(h)
                skips.append(h)
        h = self.mid_block.resnets[1](self.mid_block.layer(0, h, embedding), embedding)
        for level in self.up_blocks:
            for i in range(len(level.resnets)):
                h = level.layer(i, torch.cat([h, skips.pop()], 1), embedding)
            if hasattr(level, "upsamplers"):
                h = level.upsamplers[0].conv(functional.interpolate(h, scale_factor=2.0, mode="nearest"))
        return self.conv_out(functional.silu(self.conv_norm_out(h)))
