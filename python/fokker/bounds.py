"""Upper bounds on −log p: the variational bound, and the bits a dimension of a run's held-out data."""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from . import _fokker
from ._arguments import seed_of
from ._bits import BitsMixin
from ._progress import callback
from .flows import _array, _score


@dataclasses.dataclass(repr=False)
class VariationalBound(BitsMixin):
    """An upper bound on −log p of samples in nats, with its parts: nats = prior + Σ diffusion + mean reconstruction."""

    nats: np.ndarray  # [n]
    standard_error: np.ndarray | None  # [n], over the draws; None for a single draw
    prior: np.ndarray  # [n]
    diffusion: np.ndarray  # [n, steps, draws], from noise to data; each is divided by the number of draws
    reconstruction: np.ndarray  # [n, draws]
    t: np.ndarray  # [steps, draws]
    nfe: float
    seconds: float
    dimension: int

    @property
    def bits_per_dimension(self):
        """The bound in bits a dimension, [n]."""
        return self.nats / (self.dimension * math.log(2))


@dataclasses.dataclass
class BoundRow:
    """One bound on the bits a dimension of held-out data."""

    bound: str
    bits: np.ndarray  # [n]
    mean: float
    low: float  # lower end of the 95 % interval of the mean over samples
    high: float
    error: float  # standard error of the mean, over draws or probes; NaN where unknown
    nfe: float
    seconds: float
    parts: dict  # for variational bounds: nats [n] of "prior", "diffusion" and "reconstruction"


class BitsPerDimension(list):
    """The rows of the table of bounds, printed as a table; `table["ode"]` is a row."""

    def __init__(self, rows, basis, lines):
        super().__init__(BoundRow(**row) for row in rows)
        self.basis = basis  # the kind of bits, in words
        self._lines = lines

    def __getitem__(self, key):
        if not isinstance(key, str):
            return super().__getitem__(key)
        for row in self:
            if row.bound == key:
                return row
        raise KeyError(key)

    def __repr__(self):
        return "\n".join(self._lines)


def variational_bound(score, sde, x, *, levels=None, progress=False, **config):
    """Bounds −log p(x) of samples x [n, …] from above, under the model that denoises by `score`: a VariationalBound.

    terms: "discrete" is a model of `steps` (200) steps on grid="log_snr".  "continuous" is a model of infinitely many
        steps, estimated in `steps` strata of the log-SNR; it depends on the SDE through its ends alone.
    draws=1: number of noise draws in a step; two or more give a standard error.
    t_min=0: the time at which the bound ends; 0 is that of the SDE.  seed=0.
    levels: (count, first, width) of whole numbers as the score sees them.
    decoder="auto": "discretised" for whole numbers, else "gaussian"; the third choice is "categorical".
    """
    if "seed" in config:
        config["seed"] = seed_of(config["seed"])
    x = _array(x)
    found = _fokker.bound_of(_score(score, sde), sde, x, config, levels, callback(progress, "bound"))
    found["t"] = np.array(found["t"]).reshape(found["diffusion"].shape[1:])
    return VariationalBound(**found, dimension=math.prod(x.shape[1:]))


def bits_of_run(run, progress, config):
    return BitsPerDimension(*_fokker.bits_of_run(run, config, callback(progress, "bits per dimension")))
