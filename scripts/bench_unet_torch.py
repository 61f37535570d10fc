#!/usr/bin/env python3
"""Runs the U-Net of docs/performance.md in torch alone: bench_unet_torch.py THREADS [BATCH [WIDTH]] WORKLOAD…

A WORKLOAD is train or forward, followed by /bf16 (autocast) and /compile (torch.compile) as wanted.  It prints as JSON
the median seconds of each, its CPU seconds, and the peak of the memory in MB.  The network has the structure and the
number of parameters of diffusers' UNet2DModel: levels of 32, 64 and 128 channels, attention with heads of 8 in the
second level and in the middle, 3,691,713 parameters.  The step is denoising score matching under VP with gradient
clipping, Adam and EMA, as tests/bench/unet.cpp does it.
"""

import json
import math
import resource
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F


class Residual(nn.Module):
    def __init__(self, i, o, e):
        super().__init__()
        self.norm1, self.conv1 = nn.GroupNorm(8, i), nn.Conv2d(i, o, 3, padding=1)
        self.time, self.norm2, self.conv2 = nn.Linear(e, o), nn.GroupNorm(8, o), nn.Conv2d(o, o, 3, padding=1)
        self.shortcut = nn.Conv2d(i, o, 1) if i != o else nn.Identity()

    def forward(self, x, e):
        h = self.conv1(F.silu(self.norm1(x))) + self.time(F.silu(e))[:, :, None, None]
        return self.shortcut(x) + self.conv2(F.silu(self.norm2(h)))


class Attention(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.norm, self.heads = nn.GroupNorm(8, c), c // 8
        self.q, self.k, self.v, self.out = (nn.Linear(c, c) for _ in range(4))

    def forward(self, x):
        b, c, h, w = x.shape
        rows = self.norm(x).reshape(b, c, h * w).transpose(1, 2)
        q, k, v = (f(rows).reshape(b, h * w, self.heads, 8).transpose(1, 2) for f in (self.q, self.k, self.v))
        mixed = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(b, h * w, c)
        return x + self.out(mixed).transpose(1, 2).reshape(x.shape)


class UNet(nn.Module):
    def __init__(self, w):
        super().__init__()
        c, e = (w, 2 * w, 4 * w), 4 * w
        self.w, self.conv_in = w, nn.Conv2d(1, w, 3, padding=1)
        self.embed = nn.Sequential(nn.Linear(w, e), nn.SiLU(), nn.Linear(e, e))
        self.down, self.up, skips, i = nn.ModuleList(), nn.ModuleList(), [w], w
        for level, o in enumerate(c):
            layers = nn.ModuleList()
            for _ in range(2):
                layers.append(nn.ModuleList([Residual(i, o, e), Attention(o) if level == 1 else nn.Identity()]))
                skips.append(i := o)
            last = level == 2
            self.down.append(nn.ModuleList([layers, nn.Identity() if last else nn.Conv2d(o, o, 3, 2, 1)]))
            if not last:
                skips.append(o)
        self.mid = nn.ModuleList([Residual(i, i, e), Attention(i), Residual(i, i, e)])
        for level, o in reversed(list(enumerate(c))):
            layers = nn.ModuleList()
            for _ in range(3):
                layers.append(nn.ModuleList([Residual(i + skips.pop(), o, e), Attention(o) if level == 1 else nn.Identity()]))
                i = o
            self.up.append(nn.ModuleList([layers, nn.Conv2d(o, o, 3, padding=1) if level else nn.Identity()]))
        self.norm_out, self.conv_out = nn.GroupNorm(8, w), nn.Conv2d(w, 1, 3, padding=1)

    def forward(self, x, t):
        half = self.w // 2
        angle = t[:, None] * torch.exp(-math.log(10_000) * torch.arange(half) / half)
        e = self.embed(torch.cat([angle.cos(), angle.sin()], 1))
        h = self.conv_in(x)
        skips = [h]
        for layers, down in self.down:
            for residual, attention in layers:
                skips.append(h := attention(residual(h, e)))
            if not isinstance(down, nn.Identity):
                skips.append(h := down(h))
        h = self.mid[2](self.mid[1](self.mid[0](h, e)), e)
        for layers, conv in self.up:
            for residual, attention in layers:
                h = attention(residual(torch.cat([h, skips.pop()], 1), e))
            if not isinstance(conv, nn.Identity):
                h = conv(F.interpolate(h, scale_factor=2.0, mode="nearest"))
        return self.conv_out(F.silu(self.norm_out(h)))


def workload(name, batch, width):
    torch.manual_seed(0)
    net, x = UNet(width), torch.randn(batch, 1, 32, 32)
    average = [p.detach().clone() for p in net.parameters()]
    optimizer = torch.optim.Adam(net.parameters(), lr=5e-4, fused=True)
    run = torch.compile(net) if "/compile" in name else net
    autocast = torch.autocast("cpu", torch.bfloat16, enabled="/bf16" in name)

    def forward():
        with torch.no_grad(), autocast:
            run(x, torch.full((batch,), 0.5))

    def train():
        t = torch.rand(batch)
        alpha = torch.exp(-0.25 * t * t * 19.9 - 0.05 * t)[:, None, None, None]
        noise = torch.randn_like(x)
        with autocast:
            y = run(alpha * x + (1 - alpha * alpha).sqrt() * noise, 999 * t)
        loss = ((y.float() - noise) ** 2).mean()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0, foreach=True)
        optimizer.step()
        torch._foreach_lerp_(average, [p.detach() for p in net.parameters()], 0.001)
        return loss.item()

    return train if name.startswith("train") else forward


def main():
    numbers = [int(a) for a in sys.argv[1:] if a.isdigit()]
    names = [a for a in sys.argv[1:] if not a.isdigit()]
    if not numbers or not names:
        sys.exit(__doc__)
    if numbers[0]:
        torch.set_num_threads(numbers[0])
    batch = numbers[1] if len(numbers) > 1 else 64
    width = numbers[2] if len(numbers) > 2 else 32
    found = {"torch": torch.__version__, "parameters": sum(p.numel() for p in UNet(width).parameters())}
    for name in names:
        run = workload(name, batch, width)
        run()
        run()
        times, cpu, begin = [], [], time.perf_counter()
        while len(times) < 3 or (len(times) < 20 and time.perf_counter() - begin < 4):
            start, used = time.perf_counter(), time.process_time()
            run()
            times.append(time.perf_counter() - start)
            cpu.append(time.process_time() - used)
        found[name], found[f"{name} cpu"] = sorted(times)[len(times) // 2], sorted(cpu)[len(cpu) // 2]
    found["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(found))


if __name__ == "__main__":
    main()
