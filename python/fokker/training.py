"""Training, as the table [train] of an experiment describes it."""

from . import _fokker, datasets
from ._arguments import seed_of
from ._progress import callback
from .runs import Run


def train(network, sde, data, *, seed=0, augment=(), progress=False, **config):
    """Trains `network` in place and returns a Run without files, which has the averaged weights.

    data: from fk.datasets, or an array [samples, …], taken as it is.
    Keywords are those of [train]: steps=3000, batch=128, learning_rate=5e-4, ema=0.999, prediction="epsilon",
    weighting="uniform", …
    Held-out data have their loss measured, too, and patience=n ends the training after n such losses without a new
    least one.  Ctrl-C ends it between steps.
    """
    if not isinstance(data, _fokker.Data):
        data = datasets.from_array(data)
    trained, lines = _fokker.train_network(
        network, sde, data, config, seed_of(seed), list(augment), callback(progress, "training")
    )
    return Run._without_files(trained, lines)
