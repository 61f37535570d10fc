"""Paths of any SDE."""

import numpy as np

from . import _fokker
from ._arguments import seed_of


def _floats(t):
    return [float(time) for time in np.asarray(t, dtype=float)]


def solve(sde, x, t, *, solver="euler_maruyama", seed=0, same_path=False, path=True):
    """Paths of `sde` from states x [n, …] at t[0], as an array [len(t), n, …]; one step between each two times.

    sde: FunctionSde, or any other fokker Sde.  t: strictly monotone times; np.linspace(0, 1, 101) takes 100 steps.
    solver: one of fk.solvers.steppers() that fits the SDE's noise and calculus; the error names those that do.
    same_path: one Brownian path for any times between t[0] and t[-1], so that step sizes and solvers can be compared
        path by path; slower than the independent increments of each step.
    path: False for the states at t[-1] alone, [n, …], which needs no memory for the others.
    Sample i depends on the seed and i alone, not on n.  SDEs of the library run in shards on all threads; one with
    functions of Python is called with the whole batch.
    """
    x = x if isinstance(x, _fokker.Tensor) else _fokker.Tensor(x)
    return _fokker.simulate_sde(sde, x, _floats(t), solver, seed_of(seed), same_path, path).numpy()


def brownian(shape, t, *, seed=0, areas=0, same_path=False, dtype="float64"):
    """The Brownian motion that `solve` takes with this seed and these times, for use in another library.

    shape: [n, …], that of the states (scalar noise: [n, 1, …]; general noise: [n, M]).  dtype: that of the states.
    Returns areas + 1 arrays [len(t) − 1, n, …], one entry a step: the increments W; with areas=1 also the space-time
    Lévy areas H; with areas=2 also the space-time-time Lévy areas K.
    """
    parts = _fokker.brownian_increments(shape, _floats(t), seed_of(seed), areas, same_path, dtype)
    return tuple(part.numpy() for part in parts)
