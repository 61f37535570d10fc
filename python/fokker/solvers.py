"""The solvers that fk.sample knows."""

from . import _fokker


def names():
    """Returns the names for fk.sample(solver=…)."""
    return _fokker.solver_names()


def steppers():
    """Returns the names for fk.solve(solver=…), which steps any SDE."""
    return _fokker.stepper_names()


def describe():
    """Returns a line of text for each solver, by name."""
    return _fokker.solver_summaries()


def grids():
    """Returns the spacings of the time points, for fk.sample(grid=…)."""
    return _fokker.grid_names()
