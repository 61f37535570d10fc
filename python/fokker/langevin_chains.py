"""Chains of Langevin dynamics."""

from __future__ import annotations

import dataclasses
import functools

import numpy as np

from . import _fokker, diagnostics
from ._arguments import seed_of
from ._progress import callback


@dataclasses.dataclass
class Chains:
    """Draws of several chains and how they were made."""

    draws: np.ndarray  # [draws, chains, …]
    acceptance: np.ndarray  # [chains], after the burn-in; 1 without a Metropolis test
    steps: np.ndarray  # [chains], length of a step after the burn-in
    evaluations: float  # score evaluations of a chain, counted
    seconds: float
    config: dict

    @functools.cached_property
    def summary(self):
        """Returns mean, sd, mcse, ess_bulk, ess_tail and rhat of each component."""
        return diagnostics.summary(self.draws)

    @property
    def rhat(self):
        """Returns R-hat of each component; above 1.01 the chains have not mixed."""
        return self.summary["rhat"]

    @property
    def ess(self):
        """Returns the bulk effective sample size of each component."""
        return self.summary["ess_bulk"]

    def __len__(self):
        return len(self.draws)

    def __array__(self, dtype=None, copy=None):
        return np.array(self.draws, dtype=dtype, copy=True) if copy else np.asarray(self.draws, dtype=dtype)

    def __repr__(self):
        draws, chains = self.draws.shape[:2]
        mixed = "too few draws for R-hat"
        if draws >= diagnostics.LEAST_DRAWS:
            mixed = f"R-hat {np.max(self.rhat):.3f}, least ESS {np.min(self.ess):.0f}"
        return (f"Chains({chains} of {draws} draws by {self.config['method']}, acceptance {self.acceptance.mean():.2f}, "
                f"{mixed}, {self.seconds:.2f} s)")

    def to_xarray(self):
        """Returns an xarray.Dataset x(chain, draw, …), with ArviZ's names of axes."""
        import xarray

        axes = ("chain", "draw", *(("component",) if self.draws.ndim == 3 else (f"axis_{i}" for i in range(self.draws.ndim - 2))))
        data = {"x": (axes, np.swapaxes(self.draws, 0, 1)), "acceptance": ("chain", self.acceptance), "step": ("chain", self.steps)}
        attributes = {key: value for key, value in self.config.items() if isinstance(value, (int, float, str))}
        return xarray.Dataset(data, attrs={**attributes, "evaluations": self.evaluations})

    def _repr_html_(self):
        import html

        columns = {name: np.ravel(values) for name, values in self.summary.items()}
        count = len(columns["rhat"])
        rows = "".join(
            f"<tr><th>x[{i}]</th>" + "".join(f"<td>{values[i]:.4g}</td>" for values in columns.values()) + "</tr>"
            for i in range(min(count, 20))
        )
        more = f"<p>… and {count - 20} more components</p>" if count > 20 else ""
        head = "".join(f"<th>{name}</th>" for name in columns)
        return f"<p>{html.escape(repr(self))}</p><table><tr><th></th>{head}</tr>{rows}</table>{more}"


def langevin(law, *, method="mala", log_density=None, t=None, shape=None, seed=0, start=None, dtype=None, progress=False,
             **config):
    """Draws from a law by chains of Langevin dynamics and returns Chains.

    law: a GaussianMixture, or ∇ log p as any callable x → array of x's shape [chains, …]; with `t` a fokker Score or a
        callable (x, t) → array, at that time.
    method: "ula", "mala" (needs log_density: x → [chains], known of mixtures), "baoab", "obabo", "align" or "quicsort";
        _fokker.langevin_methods() describes them, docs/langevin.md says which to take.
    shape: shape of one state; known of mixtures and networks, else (2,).
    start: [chains, …]; standard normal by default.
    dtype: "float64", or "float32" for a fokker Score.
    config: step=0.1, friction=1.0 (underdamped), chains=4, steps=1000, burn_in=500, thin=1; for mala
        target_acceptance=0.574, adapt=True: the step adapts in the burn-in.
    Chain i depends on the seed and i alone.  Ctrl-C ends the chains.
    """
    known = isinstance(law, (_fokker.GaussianMixture, _fokker.Score))
    if isinstance(law, _fokker.Score) and t is None:
        raise TypeError("[langevin] expected t=, the time at which the score is taken")
    if isinstance(law, _fokker.GaussianMixture) and (t is not None or log_density is not None):
        raise TypeError("[langevin] a mixture takes neither t nor log_density; for its law at a time take diffused(sde, t)")
    if callable(law) and not known and t is None:
        law = (lambda score: lambda x, _: score(x))(law)
    dtype = dtype or ("float32" if isinstance(law, _fokker.Score) else "float64")
    keywords = {**config, "method": method, "seed": seed_of(seed)}
    made = _fokker.langevin_chains(law, 0.0 if t is None else t, log_density, keywords, shape, dtype, start, callback(progress, method))
    return Chains(**made)
