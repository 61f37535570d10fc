"""The metrics of samples."""

from . import _fokker


class Evaluation(dict):
    """Metrics of samples by name: (value, the same figure for real against real).  It prints as a table."""

    def __init__(self, rows):
        super().__init__({name: (value, real) for name, value, real, _ in rows})
        # The feature network that is the unit of a figure, by the name of the figure.
        self.features = {name: features for name, _, _, features in rows if features}

    def __repr__(self):
        width = max(map(len, self), default=0)
        lines = [f"{'':{width}}  {'samples':>10}  {'real':>10}"]
        lines += [f"{name:{width}}  {value:10.4g}  {real:10.4g}" for name, (value, real) in self.items()]
        for network in dict.fromkeys(self.features.values()):
            lines.append(f"{', '.join(name for name in self if self.features.get(name) == network)}: by the {network}")
        return "\n".join(lines)

    def _repr_html_(self):
        from . import _html

        return _html.text(repr(self))


def evaluate(samples, data, config, seed):
    return Evaluation(_fokker.evaluate_samples(samples, data, config, seed))
