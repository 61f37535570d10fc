"""Applications of a trained run and their findings."""

import dataclasses
import pathlib

from . import _fokker
from ._progress import callback


@dataclasses.dataclass
class Findings:
    """Numbers, arrays and pictures that an application made."""

    name: str
    figures: dict  # name: (value, low, high), with None for a 95 % interval that does not exist
    arrays: dict  # name: NumPy array, in the units of the data
    pictures: dict  # name: the bytes of a PNG file
    charts: dict  # name: an SVG document
    tables: dict  # name: a table as CSV, for pandas.read_csv(io.StringIO(…))

    def __getitem__(self, name):
        """Returns the array of that name, or else the value of the figure."""
        return self.arrays[name] if name in self.arrays else self.figures[name][0]

    def save(self, folder):
        """Writes NAME-PICTURE.png, NAME-CHART.svg and NAME-TABLE.csv, and the arrays as NAME.npz, into a folder."""
        import numpy as np

        folder = pathlib.Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        for name, picture in self.pictures.items():
            (folder / f"{self.name}-{name}.png").write_bytes(picture)
        for name, chart in self.charts.items():
            (folder / f"{self.name}-{name}.svg").write_text(chart)
        for name, table in self.tables.items():
            (folder / f"{self.name}-{name}.csv").write_text(table)
        np.savez(folder / f"{self.name}.npz", **self.arrays)

    def __repr__(self):
        lines = [f"Findings({self.name!r})"]
        for name, (value, low, high) in self.figures.items():
            lines.append(f"  {name}: {value:.4g}" + (f" [{low:.4g}, {high:.4g}]" if low is not None else ""))
        return "\n".join(lines)

    def _repr_html_(self):
        from . import _html

        return _html.text(repr(self)) + "".join([*map(_html.png, self.pictures.values()), *self.charts.values()])


def apply(run, name, x, progress, config, argument="images"):
    title, found = _fokker.apply(run, name, x, argument, config, callback(progress, name))
    return Findings(title, **found)
