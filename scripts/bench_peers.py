#!/usr/bin/env python3
"""Runs the workloads of tests/bench/bench.cpp in other libraries: bench_peers.py PEER NAME…

It prints as JSON the median seconds of networks and the path-steps a second of PROBLEM/METHOD.
"""

import json
import math
import statistics
import sys
import time

import bench_paths


def median_seconds(repetitions, work, warm_up):
    for _ in range(warm_up):
        work()
    times = []
    for _ in range(repetitions):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def torch_toy():
    import torch
    torch.manual_seed(0)
    layers = torch.nn.Sequential(torch.nn.Linear(100, 128), torch.nn.ReLU(), torch.nn.Linear(128, 128), torch.nn.ReLU(),
                                 torch.nn.Linear(128, 100))
    optimizer = torch.optim.Adam(layers.parameters(), lr=1e-3, fused=True)
    x, y = torch.randn(640, 100), torch.randn(640, 100)
    rows = iter(torch.randint(0, 640, (3000, 64)))

    def step():
        chosen = next(rows)
        loss = torch.nn.functional.mse_loss(layers(x[chosen]), y[chosen])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        loss.item()

    return median_seconds(2000, step, 200)


def torch_score_mlp(batch):
    """The network of score/networks/mlp.h, trained by denoising score matching with EMA and clipping, as Trainer does."""
    import torch
    torch.manual_seed(0)

    class Mlp(torch.nn.Module):
        def __init__(self):
            super().__init__()
            widths = [2, 256, 256, 256, 256]
            self.first, self.second = torch.nn.Linear(64, 128), torch.nn.Linear(128, 128)
            self.layers = torch.nn.ModuleList(torch.nn.Linear(a, b) for a, b in zip(widths, widths[1:]))
            self.projections = torch.nn.ModuleList(torch.nn.Linear(128, 256) for _ in range(4))
            self.out = torch.nn.Linear(256, 2)
            self.register_buffer("frequencies", torch.exp(-math.log(10_000) * torch.arange(32) / 32))

        def forward(self, x, t):
            silu = torch.nn.functional.silu
            phase = t[:, None] * self.frequencies
            embedding = silu(self.second(silu(self.first(torch.cat([phase.cos(), phase.sin()], 1)))))
            for layer, projection in zip(self.layers, self.projections):
                x = silu(layer(x) + projection(embedding))
            return self.out(x)

    network = Mlp()
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3, fused=True)
    parameters = list(network.parameters())
    averages = [p.detach().clone() for p in parameters]
    data = torch.randn(20_000, 2)

    def step():
        x0, t = data[torch.randint(0, 20_000, (batch,))], torch.rand(batch) * 0.999 + 0.001
        log_alpha = -0.25 * t * t * 19.9 - 0.05 * t
        alpha, sigma = log_alpha.exp()[:, None], (-torch.expm1(2 * log_alpha)).sqrt()[:, None]
        noise = torch.randn_like(x0)
        loss = (network(alpha * x0 + sigma * noise, 1000 * t) - noise).square().mean()
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        torch._foreach_lerp_(averages, parameters, 0.001)
        loss.item()

    repetitions = 60 if batch > 1000 else 300
    return median_seconds(repetitions, step, repetitions // 10)


NETWORKS = {
    ("torch", "toy"): torch_toy,
    ("torch", "score_mlp_512"): lambda: torch_score_mlp(512),
    ("torch", "score_mlp_4096"): lambda: torch_score_mlp(4096),
}


def paths_per_second(peer, name):
    """Returns path-steps a second of PROBLEM/METHOD."""
    problem, method = name.split("/")
    paths = bench_paths.PATHS[peer]
    seconds = median_seconds(1, bench_paths.WORK[peer](problem, method, paths), 1)
    return paths * bench_paths.STEPS / seconds


def main():
    peer, found = sys.argv[1], {}
    for name in sys.argv[2:]:
        try:
            found[name] = paths_per_second(peer, name) if "/" in name else NETWORKS[peer, name]()
        except ImportError as missing:
            print(f"bench: {peer}: {missing}", file=sys.stderr)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
