"""The result of sampling."""

from __future__ import annotations

import dataclasses

import numpy as np


@dataclasses.dataclass
class Samples:
    """Samples and how they were drawn."""

    values: np.ndarray  # [n, …]
    nfe: float  # score evaluations of a sample, counted
    seconds: float
    config: dict
    sde: str
    trajectory: np.ndarray | None = None  # [time, n, …]
    times: np.ndarray | None = None  # [time]
    failures: int = 0  # samples that are not finite
    range: tuple | None = None  # values of black and white

    @property
    def images(self):
        """Whether the samples are images [n, height, width, 1 or 3]."""
        return self.values.ndim == 4 and self.values.shape[3] in (1, 3)

    def __len__(self):
        return len(self.values)

    def __array__(self, dtype=None, copy=None):
        return np.array(self.values, dtype=dtype, copy=True) if copy else np.asarray(self.values, dtype=dtype)

    def __repr__(self):
        return f"Samples({list(self.values.shape)} by {self.config['solver']}, {self.nfe:g} evaluations, {self.seconds:.2f} s)"

    def grid(self, n=64):
        """Returns the first n images as one image [height, width, channels] in [0, 1].

        Black and white are `range`.  Without a range they are −1 and 1 where values lie below 0, else 0 and the
        largest value.
        """
        if not self.images:
            raise ValueError(f"[samples] expected images [n, height, width, 1 or 3], got {list(self.values.shape)}")
        images = self.values[:n]
        count, height, width, channels = images.shape
        columns = max(1, int(np.ceil(np.sqrt(count))))
        rows = -(-count // columns)
        sheet = np.zeros((rows * columns, height, width, channels), images.dtype)
        low, high = self._limits()
        sheet[:count] = np.clip((images - low) / (high - low), 0, 1)
        sheet = sheet.reshape(rows, columns, height, width, channels).transpose(0, 2, 1, 3, 4)
        return sheet.reshape(rows * height, columns * width, channels)

    def _limits(self):
        """The values of black and white; for points, the square that holds them."""
        if self.range:
            return tuple(self.range)
        values = self.values[np.isfinite(self.values)]
        low, high = (values.min(), values.max()) if values.size else (0, 0)
        if self.images:
            return (-1, 1) if low < 0 else (0, high or 1)
        return (float(low), float(high)) if high > low else (float(low) - 1, float(low) + 1)

    def plot(self, axes=None):
        """Plots images as a grid, points in the plane as a scatter plot, other data as a histogram."""
        import matplotlib.pyplot as plt

        axes = axes or plt.gca()
        flat = self.values.reshape(len(self.values), -1)
        if self.images:
            axes.imshow(self.grid().squeeze(), cmap="gray", vmin=0, vmax=1)
            axes.axis("off")
        elif flat.shape[1] == 2:
            axes.scatter(flat[:, 0], flat[:, 1], s=2)
            axes.set_aspect("equal")
        else:
            axes.hist(flat[:, 0], bins="auto", density=True)
        axes.set_title(f"{self.config['solver']}, {self.nfe:g} evaluations")
        return axes

    def to_xarray(self):
        """Returns an xarray.Dataset named as results.h5: image(sample, y, x, channel) or x(sample, component)."""
        import xarray

        if self.images:
            name, axes = "image", ("sample", "y", "x", "channel")
        else:
            name = "x"
            axes = ("sample", "component") if self.values.ndim == 2 else ("sample", *(f"axis_{i}" for i in range(1, self.values.ndim)))
        attributes = {key: value for key, value in self.config.items() if isinstance(value, (int, float, str))}
        data = {name: (axes, self.values)}
        coordinates = {}
        if self.trajectory is not None:
            data["trajectory"] = (("time", *axes), self.trajectory)
            coordinates["time"] = self.times
        return xarray.Dataset(data, coordinates, {**attributes, "nfe": self.nfe, "sde": self.sde})

    def _repr_html_(self):
        from . import _html

        return _html.text(repr(self)) + _html.samples(self.values, self._limits())
