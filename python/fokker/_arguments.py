"""Helpers that the functions of the package share."""

import operator


def seed_of(seed):
    """Returns a seed from an int, or draws one from a numpy.random.Generator."""
    if hasattr(seed, "integers"):
        return int(seed.integers(2**63))
    try:
        seed = operator.index(seed)
    except TypeError:
        raise TypeError(f"[seed] expected an int or a numpy.random.Generator, got {seed!r}") from None
    if not 0 <= seed < 2**63:
        raise ValueError(f"[seed] expected an int in [0, 2**63), got {seed}")
    return seed


def labels_of(labels):
    """Returns a list of labels from one label or several."""
    try:
        return [operator.index(labels)]
    except TypeError:
        labels = [operator.index(label) for label in labels]
    if not labels:
        raise ValueError("[labels] expected at least one label, got none; leave them out for samples under none")
    return labels
