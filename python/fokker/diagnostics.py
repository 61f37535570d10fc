"""How well chains have mixed, and how many independent draws they are worth.

Draws are [draws, chains, …], or [draws] of one chain.  Results have the shape of the remaining axes, or are a float.
Results are NaN where a draw is NaN, as in ArviZ.  All but mean and sd are NaN where a chain has fewer than four draws.
"""

from . import _fokker

COLUMNS = ("mean", "sd", "mcse", "ess_bulk", "ess_tail", "rhat")
LEAST_DRAWS = 4


def summary(draws):
    """Returns all figures by name: mean, sd, mcse, ess_bulk, ess_tail, rhat."""
    import numpy as np

    draws = np.asarray(draws, dtype=float)
    if draws.ndim == 1:
        draws = draws[:, None]
    rows = _fokker.chain_summary(np.ascontiguousarray(draws))
    shape = draws.shape[2:]
    return {name: rows[:, i].reshape(shape) if shape else float(rows[0, i]) for i, name in enumerate(COLUMNS)}


def rhat(draws):
    """Returns the rank-normalised split R-hat: 1 where the chains agree; above 1.01 run longer."""
    return summary(draws)["rhat"]


def ess(draws, kind="bulk"):
    """Returns the effective sample size of the bulk or of the tail (the lesser of the 5 % and 95 % quantiles)."""
    if kind not in ("bulk", "tail"):
        raise ValueError(f'[diagnostics] expected kind "bulk" or "tail", got {kind!r}')
    return summary(draws)[f"ess_{kind}"]


def mcse(draws):
    """Returns the Monte-Carlo standard error of the mean."""
    return summary(draws)["mcse"]


def autocorrelation(draws, lags=50):
    """Returns the autocorrelation of one chain [draws] at lags 0 … lags."""
    import numpy as np

    return _fokker.autocorrelation(np.ascontiguousarray(draws, dtype=float), lags)
