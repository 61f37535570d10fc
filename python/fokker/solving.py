"""Paths of any SDE."""

import numpy as np

from . import _fokker
from ._arguments import seed_of


def solve(sde, x, t, *, solver="euler_maruyama", seed=0, same_path=False, tolerance=None):
    """Paths of `sde` from states x [n, …] at t[0], as an array [len(t), n, …]; one step between each two times.

    sde: FunctionSde, or any other fokker Sde.  t: strictly monotone times; np.linspace(0, 1, 101) takes 100 steps.
    solver: one of fk.solvers.steppers() that fits the SDE's noise and calculus; the error names those that do.
    same_path: one Brownian path for any times between t[0] and t[-1], so that step sizes and solvers can be compared
        path by path; slower than the independent increments of each step.
    tolerance: absolute and relative error of a step; each path then chooses its own steps, along the noise of same_path,
        and t says where the states are wanted.  Under noise that is not additive it takes a solver of strong order 1.
    """
    x = x if isinstance(x, _fokker.Tensor) else _fokker.Tensor(x)
    times = [float(time) for time in np.asarray(t, dtype=float)]
    if tolerance is not None:
        return _fokker.solve_sde_adaptively(sde, x, times, solver, seed_of(seed), float(tolerance)).numpy()
    return _fokker.solve_sde(sde, x, times, solver, seed_of(seed), same_path).numpy()
