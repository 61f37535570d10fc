"""Functions by which pickle and copy make objects of the extension."""

from . import _fokker


def make(function, *arguments):
    """Returns the result of a function of the extension, given by name, for the arguments."""
    return getattr(_fokker, function)(*arguments)


def network(kind, config, seed, sample, weights):
    """Makes a network of a class, with its weights where it is built."""
    made = kind(config, seed)
    if sample is not None:
        made.build(sample)
        for name, values in made.parameters.items():
            values[...] = weights[name]
    return made
