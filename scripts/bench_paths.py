"""Paths of SDEs in other libraries, for bench_peers.py.

Each method is one step in a loop over torch ops, jax.lax.scan, torchsde or diffrax, on the problems of
tests/bench/bench.cpp in float32 and two dimensions.
"""

import math
import types

STEPS = 100
PATHS = {"torch": 100_000, "jax": 100_000, "torchsde": 20_000, "diffrax": 100_000, "diffrax_tree": 10_000}
AREA = {"sra1", "shark", "sea"}  # methods that read the Lévy area H


def problem(name, xp, m):
    """Returns dx = f dt + g dB up to `end`; `xp` makes arrays, `m` has exp and sqrt of times; slope: dg/dx."""
    if name == "ou":
        return types.SimpleNamespace(f=lambda t, x: -x, g=lambda t, x: 1.0, slope=None, end=1.0)
    if name == "gbm":
        return types.SimpleNamespace(f=lambda t, x: 0.5 * x, g=lambda t, x: 0.5 * x, slope=0.5, end=1.0)
    angles = xp.arange(8) * (2 * math.pi / 8)
    means = xp.stack([2 * xp.cos(angles), 2 * xp.sin(angles)], 1)

    def f(s, x):  # the reverse VP SDE of eight Gaussians in the time s = 1 − t
        t = 1 - s
        log_alpha = -0.25 * t * t * 19.9 - 0.05 * t
        alpha = m.exp(log_alpha)
        v = alpha * alpha * 0.04 + 1 - alpha * alpha
        weights = softmax(xp, x @ (means.T * (alpha / v)) - alpha * alpha * 4 / (2 * v))
        return (0.1 + 19.9 * t) * (0.5 * x + (alpha * (weights @ means) - x) / v)

    return types.SimpleNamespace(f=f, g=lambda s, x: m.sqrt(0.1 + 19.9 * (1 - s)), slope=None, end=0.999)


def softmax(xp, x):
    if xp.__name__ == "torch":
        return xp.softmax(x, 1)
    import jax

    return jax.nn.softmax(x, 1)


def step(method, p, x, t, h, w, area):
    """Takes one step as in solvers/*.h; W and H are given."""
    if method == "euler_maruyama":
        return x + h * p.f(t, x) + p.g(t, x) * w
    if method == "milstein":
        g = p.g(t, x)
        return x + h * p.f(t, x) + g * w + (0.5 * p.slope * g * (w * w - h) if p.slope else 0)
    g0, g1 = p.g(t, x), p.g(t + h, x)
    end = g0 * w + (g1 - g0) * (0.5 * w - area)
    if method == "sea":
        return x + h * p.f(t, x + g0 * (0.5 * w + area)) + end
    if method == "shark":
        first = p.f(t, x + g0 * area)
        second = p.f(t + 5 / 6 * h, x + 5 / 6 * h * first + g0 * (5 / 6 * w + area))
        return x + h * (0.4 * first + 0.6 * second) + end
    first = p.f(t, x)
    second = p.f(t + 0.75 * h, x + 0.75 * h * first + 1.5 * g1 * (0.5 * w + area))
    return x + h * (first + 2 * second) / 3 + end


def torch_loop(name, method, paths):
    import torch

    p = problem(name, torch, math)
    h = p.end / STEPS

    def work():
        with torch.no_grad():
            x = torch.randn(paths, 2) if name == "mixture" else torch.ones(paths, 2)
            for i in range(STEPS):
                w = math.sqrt(h) * torch.randn_like(x)
                area = math.sqrt(h / 12) * torch.randn_like(x) if method in AREA else None
                x = step(method, p, x, i * h, h, w, area)

    return work


def start(name, jax, key, paths):
    return jax.random.normal(key, (paths, 2)) if name == "mixture" else jax.numpy.ones((paths, 2))


def jax_scan(name, method, paths):
    import jax
    import jax.numpy as jnp

    p = problem(name, jnp, jnp)
    h = p.end / STEPS

    def body(state, i):
        x, key = state
        key, first, second = jax.random.split(key, 3)
        w = math.sqrt(h) * jax.random.normal(first, x.shape)
        area = math.sqrt(h / 12) * jax.random.normal(second, x.shape) if method in AREA else None
        return (step(method, p, x, i * h, h, w, area), key), None

    @jax.jit
    def simulate(key):
        key, own = jax.random.split(key)
        return jax.lax.scan(body, (start(name, jax, own, paths), key), jnp.arange(STEPS))[0][0]

    return lambda: simulate(jax.random.PRNGKey(0)).block_until_ready()


def torchsde_paths(name, method, paths):
    import torch
    import torchsde

    p = problem(name, torch, math)
    additive = method == "sra1"  # the noise type that chooses SRA1; the others need no matrices

    class Problem(torch.nn.Module):
        noise_type, sde_type = "additive" if additive else "diagonal", "ito"

        def f(self, t, x):
            return p.f(float(t), x)

        def g(self, t, x):
            g = p.g(float(t), x)
            return (g * torch.eye(2)).expand(len(x), 2, 2) if additive else g + torch.zeros_like(x)

    chosen = {"euler_maruyama": "euler", "milstein": "milstein", "sra1": "srk", "sriw2": "srk"}[method]

    def work():
        with torch.no_grad():
            x = torch.randn(paths, 2) if name == "mixture" else torch.ones(paths, 2)
            torchsde.sdeint(Problem(), x, torch.tensor([0.0, p.end]), dt=p.end / STEPS, method=chosen)

    return work


def diffrax_paths(name, method, paths, tree=False):
    import diffrax
    import jax
    import jax.numpy as jnp
    import lineax

    p = problem(name, jnp, jnp)
    methods = {"euler_maruyama": "Euler", "milstein": "ItoMilstein", "sra1": "SRA1", "shark": "ShARK", "sea": "SEA"}
    solver = getattr(diffrax, methods[method])()
    area = diffrax.SpaceTimeLevyArea if method in AREA else diffrax.BrownianIncrement

    @jax.jit
    def simulate(key):
        own, key = jax.random.split(key)
        x = start(name, jax, own, paths)
        if tree:
            motion = diffrax.VirtualBrownianTree(0, p.end, p.end / STEPS / 2, x.shape, key, levy_area=area)
        else:
            motion = diffrax.UnsafeBrownianPath(x.shape, key, levy_area=area)
        noise = diffrax.ControlTerm(
            lambda t, x, args: lineax.DiagonalLinearOperator(jnp.broadcast_to(p.g(t, x), x.shape)), motion
        )
        terms = diffrax.MultiTerm(diffrax.ODETerm(lambda t, x, args: p.f(t, x)), noise)
        return diffrax.diffeqsolve(
            terms, solver, 0, p.end, p.end / STEPS, x, max_steps=STEPS + 1, adjoint=diffrax.ForwardMode()
        ).ys

    return lambda: simulate(jax.random.PRNGKey(0)).block_until_ready()


WORK = {
    "torch": torch_loop,
    "jax": jax_scan,
    "torchsde": torchsde_paths,
    "diffrax": diffrax_paths,
    "diffrax_tree": lambda *arguments: diffrax_paths(*arguments, tree=True),
}
