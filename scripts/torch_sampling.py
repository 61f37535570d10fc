"""The VP SDE and some samplers of Fokker's in torch, for scripts/mnist_peer.py."""

import math

import numpy as np
import torch

T_MIN = 1e-3  # where training and sampling end


class VP:
    """The SDE dx = −½ β x dt + √β dB, with β from beta[0] to beta[1]."""

    def __init__(self, beta):
        self.first, self.slope = beta[0], beta[1] - beta[0]

    def marginal(self, t):
        """Returns α and σ at t, a number or a tensor."""
        integral = torch.as_tensor(t * (self.first + 0.5 * t * self.slope), dtype=torch.float64)
        return (-0.5 * integral).exp(), (-torch.expm1(-integral)).sqrt()

    def time(self, log_snr):
        """Returns the t at which log(α/σ) has this value."""
        integral = math.log1p(math.exp(-2 * log_snr))
        return 2 * integral / (self.first + math.sqrt(self.first**2 + 2 * integral * self.slope))

    def grid(self, steps):
        """Returns times from 1 to T_MIN, even in log(α/σ)."""
        ends = [torch.log(a / s).item() for a, s in map(self.marginal, (1.0, T_MIN))]
        times = [self.time(value) for value in np.linspace(*ends, steps + 1)]
        return [1.0, *times[1:-1], T_MIN]


def sample(denoiser, sde, solver, times, x):
    """Draws samples from x ~ N(0, 1) at times[0] to the denoised end.

    sra1: dz = D dτ + dB in τ = (α/σ)², z = x α/σ².  ancestral: Euler–Maruyama in τ.  dpmpp_2m: data prediction with two
    points, without noise.
    """
    levels = [tuple(float(value) for value in sde.marginal(t)) for t in times]
    earlier = None
    for i, ((a0, s0), (a1, s1)) in enumerate(zip(levels, levels[1:])):
        data = denoiser(x, times[i])
        if solver == "dpmpp_2m":
            h = math.log(a1 * s0 / (s1 * a0))
            line = data if earlier is None else data + (data - earlier[0]) * (0.5 * h / earlier[1])
            x, earlier = s1 / s0 * x - a1 * math.expm1(-h) * line, (data, h)
            continue
        tau, h = (a0 / s0) ** 2, (a1 / s1) ** 2 - (a0 / s0) ** 2
        z, w = x * (a0 / s0**2), math.sqrt(h) * torch.randn_like(x)
        if solver == "sra1":
            integral = 0.5 * w + math.sqrt(h / 12) * torch.randn_like(x)  # of B over the step, over h
            t = sde.time(0.5 * math.log(tau + 0.75 * h))
            a, s = (float(value) for value in sde.marginal(t))
            stage = z + 0.75 * h * data + 1.5 * integral
            data = data / 3 + denoiser(stage * (s**2 / a), t) * (2 / 3)
        x = (z + h * data + w) * (s1**2 / a1)
    return denoiser(x, times[-1])
