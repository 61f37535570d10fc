"""Data sets, prepared as the table [data] of an experiment says."""

from . import _fokker
from ._arguments import seed_of


def load(source, *, seed=0, **data):
    """Loads data by name ("digits", "two_moons", "idx:PATH", "npy:PATH", "hdf5:PATH#dataset", …), scaled for training.

    Keywords are those of [data]: held_out=0.2, scaling="auto", remove_duplicates=False, …
    """
    return _fokker.load_data({"source": source, **data}, seed_of(seed))


def from_array(x, *, labels=(), target=None, seed=0, held_out=0.0, scaling="none", **data):
    """Makes data from an array [samples, …]; images are [samples, height, width, channels].

    Values stay as they are unless keywords change them.
    """
    keywords = {"held_out": held_out, "scaling": scaling, **data}
    return _fokker.prepare_array(x, labels, target, keywords, seed_of(seed))


def describe(source, *, n=0, seed=0):
    """Describes data before anything is done to them, as text, like `fokker data describe`."""
    return "\n".join(_fokker.describe_data(source, n, seed_of(seed)))


def prepare(source, path, *, seed=0, **data):
    """Prepares data by the keywords of [data] and writes what load("hdf5:PATH#training/x") reads again."""
    return _fokker.write_prepared(path, {"source": source, "seed": seed_of(seed), **data})


def names():
    """Returns the names that load() knows."""
    return _fokker.dataset_names()


def digits(**data):
    """Loads UCI handwritten digits: 1,797 images of 8 × 8 pixels, a fifth held out."""
    return load("digits", **data)


def two_moons(n=10_000, **data):
    """Makes points on two interleaved half circles in the plane."""
    return load("two_moons", n=n, **data)


def eight_gaussians(n=10_000, **data):
    """Makes points of eight narrow modes on a circle."""
    return load("eight_gaussians", n=n, **data)


def swiss_roll(n=10_000, **data):
    """Makes points on a spiral in the plane."""
    return load("swiss_roll", n=n, **data)


def checkerboard(n=10_000, **data):
    """Makes points that are uniform on the black squares of a board."""
    return load("checkerboard", n=n, **data)
