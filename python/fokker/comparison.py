"""Comparison of samplers: solvers × budgets of score evaluations × seeds on one score."""

import os

from . import _fokker
from ._progress import callback
from ._arguments import seed_of


class Comparison:
    """The result of fk.compare: ranks at each budget, intervals, picture and report."""

    def __init__(self, result):
        self._result = result

    @property
    def config(self):
        """Everything that the figures depend on beside score and SDE, as a dictionary."""
        return self._result.config

    @property
    def verdict(self):
        """The verdict in words: a line for all budgets, then one for each."""
        return "\n".join(self._result.verdict)

    @property
    def table(self):
        """One dictionary for each solver and budget, in the order of the ranks.

        Keys: budget, solver, rank, error (mean, low, high), p_value, within_noise, p_value_exact, nfe, steps or
            tolerance, grid, clock, denoise, seconds, each metric's values by seed, and `intervals`: (mean, low, high)
            by metric.
        Solvers that failed or need more than the budget have a `note` and no rank.
        """
        return self._result.records

    @property
    def limits(self):
        """The limits that the paths of each solver tend to as steps are added, found by trial.

        The metric "path", the strong error, is the mean distance to the limit.  An empty text means no limit.
        """
        return {solver["name"]: limit for solver, limit in zip(self.config["solver"], self._result.limits)}

    @property
    def floor(self):
        """The metrics of exact samples, by seed; no sampler can be expected below them."""
        return self._result.floor

    def to_dataframe(self):
        """Returns the table as a pandas.DataFrame, with the means of the metrics."""
        import pandas

        rows = []
        for row in self.table:
            flat = {key: value for key, value in row.items() if key not in ("error", "intervals", *self._result.metrics)}
            flat.update({name: sum(row[name]) / len(row[name]) for name in self._result.metrics if name in row})
            flat.update(dict(zip(("error", "low", "high"), row.get("error", ()))))
            rows.append(flat)
        return pandas.DataFrame(rows)

    def to_xarray(self):
        """Returns an xarray.Dataset with the axes solver, budget and seed."""
        import numpy as np
        import xarray

        config = self.config
        names = [solver["name"] for solver in config["solver"]]
        seeds = [config["seed"] + i for i in range(config["seeds"])]
        shape = len(names), len(config["nfe"]), len(seeds)
        data = {metric: np.full(shape, np.nan) for metric in self._result.metrics}
        data["nfe"] = np.full(shape[:2], np.nan)
        data["seconds"] = np.full(shape[:2], np.nan)
        for row in self.table:
            at = names.index(row["solver"]), config["nfe"].index(row["budget"])
            for key in data.keys() & row.keys():
                data[key][at] = row[key]
        axes = ("solver", "budget", "seed")
        variables = {key: (axes[: values.ndim], values) for key, values in data.items()}
        variables.update({f"{key}_floor": ("seed", values) for key, values in self.floor.items()})
        return xarray.Dataset(variables, {"solver": names, "budget": config["nfe"], "seed": seeds})

    def plot(self, axes=None, metric=None, against="nfe"):
        """Plots a metric, by default the first, against "nfe" or "seconds", on logarithmic axes.

        Curves are means with their intervals.  A band shows the range of exact samples, lines the slopes ½, 1, 2 and 3.
        The metric "path" is the strong error.
        """
        import matplotlib.pyplot as plt

        axes = axes or plt.gca()
        metric = metric or self.config["metrics"][0]
        colours = ["#0072b2", "#d55e00", "#009e73", "#b8578f", "#c08000", "#3a9fd6", "#6b5bb5", "#7a6a53"]
        rows = [row for row in self.table if metric in row]
        if not rows:
            raise ValueError(f"[plot] no solver has the metric {metric}; there are {', '.join(self._result.metrics)}")
        for index, solver in enumerate(self.config["solver"]):
            own = sorted((row for row in rows if row["solver"] == solver["name"]), key=lambda row: row["budget"])
            if own:
                means, low, high = zip(*(row["intervals"][metric] for row in own))
                whiskers = [[m - l for m, l in zip(means, low)], [h - m for m, h in zip(means, high)]]
                axes.errorbar([row[against] for row in own], means, None if self.config["seeds"] == 1 else whiskers,
                              fmt="os^"[index // 8 % 3] + ["-", "--", ":"][index // 8 % 3], color=colours[index % 8],
                              label=solver["name"], markersize=4, linewidth=1.2, elinewidth=0.8)
        if metric in self.floor:
            axes.axhspan(min(self.floor[metric]), max(self.floor[metric]), alpha=0.15, color="green", label="exact samples")
        axes.set(xscale="log", yscale="log", ylabel=_fokker.metric_title(metric),
                 xlabel="score evaluations a sample" if against == "nfe" else "seconds")
        (left, right), bounds = axes.get_xlim(), axes.get_ylim()
        for order, name in ((0.5, "½"), (1, "1"), (2, "2"), (3, "3")):
            axes.plot([left, right], [bounds[1], bounds[1] * (left / right) ** order], ":", color="0.6", linewidth=0.8,
                      zorder=0)
            end = min(right, left * (bounds[1] / bounds[0]) ** (1 / order)) ** 0.9 * left**0.1
            axes.annotate(f"slope {name}", (end, bounds[1] * (left / end) ** order), fontsize="x-small", color="0.4")
        axes.set(xlim=(left, right), ylim=bounds)
        axes.legend(fontsize="small", frameon=False)
        return axes

    def save(self, folder):
        """Writes results.h5, work_precision.svg and report.html into a folder."""
        self._result.save(os.fspath(folder))

    def __repr__(self):
        return "\n".join([*self._result.text, self.verdict])

    def _repr_html_(self):
        # The frame keeps the page's style out of the notebook.
        import html

        return f'<iframe srcdoc="{html.escape(self._result.html)}" style="width:100%;height:640px;border:0"></iframe>'


def compare(score, sde=None, *, solvers=("euler_maruyama", "sea", "sra1", "heun"), nfe=(10, 20, 50, 100), seeds=5,
            n=2000, reference=None, shape=None, seed=0, progress=False, **config):
    """Compares samplers of one score at budgets of score evaluations and returns a Comparison.

    score: a GaussianMixture (its own reference), a Run (its held-out data), a fokker Score, or any callable
        (x, t) → array.
    solvers: names, or dictionaries of the keys of fk.sample: {"solver": "sea", "grid": "karras"}.  Other settings of
        grid, clock and end are those of the solver's paper, and the table says which.  A "name" is used in tables.
    reference: a GaussianMixture or an array [m, …] of samples, with which the samples are compared.
    config: metrics=["sliced_w2", "energy", "mmd"] (also sliced_w1; the first ranks), projections=256, limit=2000;
        confidence=0.95 of intervals, and of all statements of the verdict together;
        margin=0.1: differences that do not matter, in standard deviations of the errors of exact samples;
        paths=128: samples in a seed for the strong error, "path";
        same_path=False: True draws all samples of a seed on one Brownian path for any steps; name="compare".
    One seed gives all solvers the same draws of the prior.  Solvers that fail are reported, not raised.
    """
    from .runs import Run

    if isinstance(score, Run):
        reference = score.data.held_out if reference is None else reference
        score, sde = score.score, sde or score.sde
    if sde is None:
        raise TypeError("[compare] expected an SDE, as fk.compare(score, fk.VP())")
    if isinstance(score, _fokker.GaussianMixture):
        reference = score if reference is None else reference
        score = score.score(sde)
    if reference is None:
        raise ValueError("[compare] expected reference=, a GaussianMixture or an array of samples, to compare with")
    entries = [{"solver": entry} if isinstance(entry, str) else dict(entry) for entry in solvers]
    keywords = {**config, "solver": entries, "nfe": list(nfe), "seeds": seeds, "n": n, "seed": seed_of(seed)}
    return Comparison(_fokker.compare_samplers(score, sde, reference, shape, keywords, callback(progress, "comparing")))
