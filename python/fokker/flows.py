"""The probability-flow ODE: likelihoods, latents, interpolation; and ODEs in general."""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from . import _fokker
from ._arguments import seed_of
from ._bits import BitsMixin
from ._progress import callback

_DIVERGENCE = ("trace", "probe", "probes", "seed")


@dataclasses.dataclass(repr=False)
class Likelihood(BitsMixin):
    """Log densities of samples, in nats, and how they were found."""

    log_density: np.ndarray  # [n]
    standard_error: np.ndarray | None  # [n], over the probes; None for a single probe
    latent: np.ndarray  # [n, …], at t_max
    evaluations: np.ndarray  # [n], evaluations of the score
    seconds: float

    @property
    def nfe(self):
        """The mean number of score evaluations for each sample, each with its vector–Jacobian products."""
        return float(np.mean(self.evaluations))

    @property
    def bits_per_dimension(self):
        """The bits a dimension, −log p / (D log 2), [n]."""
        return self.log_density / (-self.latent[0].size * math.log(2))


@dataclasses.dataclass(repr=False)
class OdeSolution:
    """The end of an ODE, and states on the way."""

    values: np.ndarray  # [n, …], at t1
    frames: list  # arrays [n, …] of states
    evaluations: np.ndarray  # [n], evaluations of the field

    def __repr__(self):
        return (f"OdeSolution({list(self.values.shape)}, {len(self.frames)} frames, "
                f"{np.mean(self.evaluations):g} evaluations a sample)")


def log_likelihood(score, sde, x, *, terminal=None, progress=False, **config):
    """Returns log p(x) of samples x [n, …] under a score by the probability-flow ODE, as a Likelihood.

    The density is that of the marginal at t_min.
    score: a fokker Score, or a callable (x, t) → Tensor written in fokker's ops on the Tensor it is given, because its
        divergence is needed.
    trace="auto": "exact" up to 16 dimensions, with one backward pass for each dimension, else "hutchinson", with one
        for each probe.  probe="rademacher" or "gaussian", probes=1, seed=0.
    terminal: log density at t_max, a callable [n, …] → [n] or a GaussianMixture; by default the Gaussian prior.
    method="dopri5", tolerance=1e-5, steps=0 (or that many equal steps), clock="t", t_min=0 (the SDE's own): the ODE.
    A sample's result depends on the sample and the seed alone.
    """
    score = _score(score, sde)
    if isinstance(terminal, _fokker.GaussianMixture):
        terminal = terminal.log_density
    found = _fokker.likelihood_of(score, sde, _array(x), _tables(config), terminal, callback(progress, "likelihood"))
    return _likelihood(found)


def encode(score, sde, x, *, progress=False, **config):
    """Returns the latents at t_max of samples x [n, …], by the probability-flow ODE; keywords are those of its ODE."""
    return _fokker.encode_samples(_score(score, sde), sde, _array(x), config, callback(progress, "encode"))["values"]


def decode(score, sde, latent, *, progress=False, **config):
    """Returns the samples at t_min of latents at t_max: the inverse of encode."""
    return _fokker.decode_latents(_score(score, sde), sde, _array(latent), config, callback(progress, "decode"))["values"]


def interpolate(score, sde, a, b, weights=9, *, progress=False, **config):
    """Returns samples on the way from a to b [n, …], interpolated on the sphere of latents: [weights, n, …].

    weights: numbers, 0 for a and 1 for b, or how many, evenly spaced.
    """
    weights = np.linspace(0, 1, weights) if np.ndim(weights) == 0 else np.asarray(weights, dtype=float)
    first, last = encode(score, sde, a, **config), encode(score, sde, b, **config)
    if len(weights) == 0:
        return np.empty((0, *first.shape), first.dtype)
    latents = np.concatenate([np.asarray(_fokker.slerp(first, last, weight)) for weight in weights])
    return decode(score, sde, latents, progress=progress, **config).reshape(len(weights), *first.shape)


def solve_ode(field, x, t0, t1, *, method="dopri5", tolerance=1e-5, absolute=None, steps=0, frames=()):
    """Returns the solution at t1 of dx/dt = field(x, t) from x [n, …] at t0, as an OdeSolution.

    field: a callable (x, t) → array of x's shape, or a Score.  It is called with the samples that take the same step;
        every sample has its own error control and does not depend on the others.
    method: "dopri5", "fehlberg78", or "adams_bashforth_moulton" with steps.
    tolerance: relative tolerance, and the absolute one unless that is given.
    steps: number of equal steps without error control.  frames: times at which the states are wanted.
    """
    absolute = tolerance if absolute is None else absolute
    values, states, evaluations = _fokker.integrate_ode(
        field, _array(x), float(t0), float(t1), method, absolute, tolerance, steps, [float(t) for t in frames]
    )
    return OdeSolution(values, states, np.array(evaluations))


def likelihood_of_run(run, progress, config):
    """Returns the Likelihood of the held-out data of a run, in the units of the data."""
    n = config.pop("n", 0)
    return _likelihood(_fokker.likelihood_of_run(run, _tables(config), n, callback(progress, "likelihood")))


def _likelihood(found):
    found["evaluations"] = np.array(found["evaluations"])
    return Likelihood(**found)


def _tables(config):
    divergence = {key: seed_of(value) if key == "seed" else value for key, value in config.items() if key in _DIVERGENCE}
    return {"flow": {key: value for key, value in config.items() if key not in _DIVERGENCE}, "divergence": divergence}


def _score(score, sde):
    return score.score(sde) if isinstance(score, _fokker.GaussianMixture) else score


def _array(x):
    return x if isinstance(x, _fokker.Tensor) else _fokker.Tensor(x)
