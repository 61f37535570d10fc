"""The solvers that fk.sample knows."""

from . import _fokker


def names():
    """Names for fk.sample(solver=…)."""
    return _fokker.solver_names()


def steppers():
    """Names for fk.solve(solver=…), which steps any SDE."""
    return _fokker.stepper_names()


def describe():
    """A line of text for each solver, by name."""
    return _fokker.solver_summaries()


def grids():
    """Spacings of the time points, for fk.sample(grid=…)."""
    return _fokker.grid_names()
