"""Sampling by any solver from any score."""

from . import _fokker
from ._arguments import seed_of
from ._progress import callback
from .samples import Samples


def sample(score, sde, *, n=64, shape=None, seed=0, dtype="float32", trajectory=0, progress=False, **config):
    """Draws n samples of the law whose scores under `sde` are given, as Samples.

    score: a fokker Score (network_score, Run.score, GaussianMixture.score(sde)), or any callable (x, t) → array,
        called once in a step with the whole batch x [n, …] as a NumPy array and t as a float.
    times: the time points themselves, in place of steps, grid and t_min, such as [1.0, 0.5, 1e-3].
    shape: shape of one sample; known for networks and mixtures, else (2,).
    trajectory: number of states to keep, evenly spaced over the steps.
    config: the table [[sample]] of an experiment: solver="euler_maruyama" (fk.solvers.names()), steps=100,
        grid=, clock=, denoise= (by default the solver's own; the result's config says which), tolerance=0 (its own),
        t_min=0., same_path=False (one Brownian path for any number of steps); for some solvers also eta,
        corrector={...}, churn={...}, restart={...}, resample={...}.
    Sample i depends on the seed and i alone, not on n.  Ctrl-C ends the sampling.
    """
    if isinstance(score, _fokker.GaussianMixture):
        score = score.score(sde)
    keywords = {**config, "n": n, "seed": seed_of(seed)}
    label = str(config.get("solver", "sampling"))
    drawn, used = _fokker.draw_samples(
        score, sde, keywords, shape, dtype, trajectory, callback(progress, label)
    )
    return Samples(config=used, sde=sde.name, **drawn)
