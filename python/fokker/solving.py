"""Paths of any SDE."""

import numpy as np

from . import _fokker
from ._arguments import seed_of


def _floats(t):
    return [float(time) for time in np.asarray(t, dtype=float)]


def solve(
    sde,
    x,
    t,
    *,
    solver="euler_maruyama",
    seed=0,
    same_path=False,
    frames=None,
    adjoint=None,
    parameters=(),
    segment=0,
    tolerance=None,
):
    """Returns paths of `sde` from states x [n, …] at t[0], as an array [len(t), n, …]; one step between each two times.

    sde: FunctionSde, or any other fokker Sde.  t: strictly monotone times; np.linspace(0, 1, 101) takes 100 steps.
    solver: one of fk.solvers.steppers() that fits the SDE's noise and calculus; the error names those that do.
    same_path: takes one Brownian path for any times between t[0] and t[-1], so that step sizes and solvers can be
        compared path by path.  It is slower than independent increments for each step.
    frames: the times in t whose states are wanted, by default all: [len(frames), n, …]; t[-1:] keeps the end alone, and
        [] keeps nothing.
    adjoint: makes the result a Tensor through which fk.grad differentiates by x and by `parameters`, leaves in which
        drift and diffusion are written.
        "tape": derivatives of any order; memory grows with the steps, and `parameters` may stay empty.
        "checkpoint": steps again from one state in `segment` (by default the root of the number of steps).
        "reversible": steps back from the end with solver="reversible_heun"; memory does not grow.
        "checkpoint" and "reversible" give first derivatives; until then parameters must keep their values.
    tolerance: absolute and relative error of a step.  Each path then chooses its own steps, along the noise of
        same_path, and t says where the states are wanted.  Under noise that is not additive it takes a solver of strong
        order 1.
    Sample i depends on the seed and i alone, not on n.  SDEs of the library run in shards on all threads; one with
    functions of Python is called with the whole batch.
    """
    x = x if isinstance(x, _fokker.Tensor) else _fokker.Tensor(x)
    times = _floats(t)
    wanted = times if frames is None else _floats(frames)
    keywords = {"solver": solver, "seed": seed_of(seed), "same_path": same_path, "adjoint": adjoint, "segment": segment}
    if tolerance is not None:
        keywords["tolerance"] = float(tolerance)
    # Without frames it is solved all the same, so that errors are found.
    path = _fokker.solve_sde(sde, x, keywords, [times, wanted or times[-1:]], list(parameters))[: len(wanted)]
    return path.numpy() if adjoint is None else path


def brownian(shape, t, *, seed=0, areas=0, same_path=False, dtype="float64"):
    """Returns the Brownian motion that `solve` takes with this seed and these times, for use in another library.

    shape: [n, …], that of the states (scalar noise: [n, 1, …]; general noise: [n, M]).  dtype: that of the states.
    The result is areas + 1 arrays [len(t) − 1, n, …] with one entry for each step: the increments W; with areas=1 also
    the space-time Lévy areas H; with areas=2 also the space-time-time Lévy areas K.
    """
    parts = _fokker.brownian_increments(shape, _floats(t), seed_of(seed), areas, same_path, dtype)
    return tuple(part.numpy() for part in parts)
