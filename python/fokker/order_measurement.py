"""Comparison of declared and measured orders of solvers."""

from . import _fokker
from ._arguments import seed_of
from ._progress import callback


class Orders(list):
    """One dictionary for each order.

    Keys: solver, order ("strong", "weak", or "flow" of the probability-flow ODE), problem, noise, calculus, declared,
    measured, half_width (of the 95 % interval; 0 for weak orders, which are exact), evaluations (in a step) and
    verdict: "agrees", "lower" or "higher" than declared, or "undecided" where the interval is too wide.
    """

    def __init__(self, records, text):
        super().__init__(records)
        self._text = text

    def to_dataframe(self):
        """Returns a pandas.DataFrame with one row for each order."""
        import pandas

        return pandas.DataFrame(list(self))

    def __repr__(self):
        return "\n".join(self._text)

    def _repr_html_(self):
        import html

        def cell(key, value):
            text = f"{value:.3f}" if key in ("measured", "half_width") else str(value)
            return f"<td>{html.escape(text)}</td>"

        head = "".join(f"<th>{key}</th>" for key in (self[0] if self else ()))
        rows = "".join("<tr>" + "".join(cell(*item) for item in row.items()) + "</tr>" for row in self)
        return f"<table><tr>{head}</tr>{rows}</table><p>{html.escape(self._text[-1])}</p>"


def orders(solvers=None, *, paths=2000, seed=2024, progress=False):
    """Measures the orders that solvers declare and returns them as Orders.

    solvers: a name or names, of steppers or of solvers made for diffusions; all of them by default.
    paths: number of Brownian paths of a strong order, which all solvers and step sizes share; solvers made for
        diffusions take a quarter of them.
    One seed gives the same figures on any number of threads.  Ctrl-C ends the measurement.
    """
    names = [] if solvers is None else [solvers] if isinstance(solvers, str) else list(solvers)
    if solvers is not None and not names:
        raise ValueError("[orders] expected at least one solver, got none; leave solvers out for all of them")
    return Orders(*_fokker.measure_orders(names, paths, seed_of(seed), callback(progress, "orders")))
