#!/usr/bin/env python3
"""The workloads of tests/bench/bench.cpp in other libraries: bench_peers.py PEER NAME prints the median seconds."""

import math
import statistics
import sys
import time


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
    """The network of score/mlp.h, trained by denoising score matching with EMA and clipping, as Trainer does."""
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


PATHS, STEPS = 100_000, 100


def ring(xp):
    angles = xp.arange(8) * (2 * math.pi / 8)
    return xp.stack([2 * xp.cos(angles), 2 * xp.sin(angles)], 1)


def coefficients(t):
    log_alpha = -0.25 * t * t * 19.9 - 0.05 * t
    return math.exp(log_alpha), -math.expm1(2 * log_alpha), 0.1 + 19.9 * t


def torch_euler_maruyama():
    import torch
    means = ring(torch)

    def work():
        with torch.no_grad():
            x, dt = torch.randn(PATHS, 2), (1 - 1e-3) / STEPS
            for i in range(STEPS):
                alpha, variance, beta = coefficients(1 - i * dt)
                v = alpha * alpha * 0.04 + variance
                weights = torch.softmax((x @ (means.T * (alpha / v))) - alpha * alpha * 4 / (2 * v), 1)
                score = (alpha * (weights @ means) - x) / v
                x = x + dt * beta * (0.5 * x + score) + math.sqrt(beta * dt) * torch.randn_like(x)

    return median_seconds(5, work, 1)


def jax_euler_maruyama():
    import jax
    import jax.numpy as jnp
    means, dt = ring(jnp), (1 - 1e-3) / STEPS

    def step(state, i):
        x, key = state
        key, own = jax.random.split(key)
        t = 1 - i * dt
        log_alpha = -0.25 * t * t * 19.9 - 0.05 * t
        alpha, variance, beta = jnp.exp(log_alpha), -jnp.expm1(2 * log_alpha), 0.1 + 19.9 * t
        v = alpha * alpha * 0.04 + variance
        weights = jax.nn.softmax(x @ (means.T * (alpha / v)) - alpha * alpha * 4 / (2 * v), 1)
        score = (alpha * (weights @ means) - x) / v
        noise = jax.random.normal(own, x.shape)
        return (x + dt * beta * (0.5 * x + score) + jnp.sqrt(beta * dt) * noise, key), None

    @jax.jit
    def simulate(key):
        key, own = jax.random.split(key)
        return jax.lax.scan(step, (jax.random.normal(own, (PATHS, 2)), key), jnp.arange(STEPS))[0][0]

    key = jax.random.PRNGKey(0)
    return median_seconds(5, lambda: simulate(key).block_until_ready(), 1)


def torchsde_solver(method):
    import torch
    import torchsde
    means = ring(torch)

    class Reverse(torch.nn.Module):
        """In the time s = 1 − t, which runs forward."""
        noise_type, sde_type = "diagonal", "ito"

        def f(self, s, x):
            alpha, variance, beta = coefficients(1 - float(s))
            v = alpha * alpha * 0.04 + variance
            weights = torch.softmax((x @ (means.T * (alpha / v))) - alpha * alpha * 4 / (2 * v), 1)
            return beta * (0.5 * x + (alpha * (weights @ means) - x) / v)

        def g(self, s, x):
            return torch.full_like(x, math.sqrt(0.1 + 19.9 * (1 - float(s))))

    paths, span = PATHS, torch.tensor([0.0, 0.999])

    def work():
        with torch.no_grad():
            torchsde.sdeint(Reverse(), torch.randn(paths, 2), span, dt=0.999 / STEPS, method=method)

    return median_seconds(1, work, 0)


WORKLOADS = {
    ("torch", "toy"): torch_toy,
    ("torch", "score_mlp_512"): lambda: torch_score_mlp(512),
    ("torch", "score_mlp_4096"): lambda: torch_score_mlp(4096),
    ("torch", "euler_maruyama"): torch_euler_maruyama,
    ("jax", "euler_maruyama"): jax_euler_maruyama,
    ("torchsde", "euler_maruyama"): lambda: torchsde_solver("euler"),
    ("torchsde", "sra1"): lambda: torchsde_solver("srk"),
}

if __name__ == "__main__":
    print(WORKLOADS[sys.argv[1], sys.argv[2]]())
