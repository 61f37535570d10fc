"""What pickle and copy make objects of the extension of."""

from . import _fokker


def make(function, *arguments):
    """What a function of the extension, by its name, makes of the arguments."""
    return getattr(_fokker, function)(*arguments)


def network(kind, config, seed, sample, weights):
    """A network of a class, with its weights where it is built."""
    made = kind(config, seed)
    if sample is not None:
        made.build(sample)
        for name, values in made.parameters.items():
            values[...] = weights[name]
    return made
