"""Training, as the table [train] of an experiment describes it."""

import dataclasses

from . import _fokker, datasets
from ._arguments import seed_of
from ._progress import callback


@dataclasses.dataclass
class Training:
    """A trained network and how it came about."""

    network: _fokker.Network  # averaged weights
    score: object  # ∇ log p_t of the averaged network, in its units; None for regression
    sde: _fokker.ForwardSde  # that of the score
    data: _fokker.Data
    config: dict
    loss: list
    gradient_norm: list

    def sample(self, **keywords):
        """fk.sample with this score, in the units of the data."""
        from .sampling import sample

        drawn = sample(self.score, self.sde, **keywords)
        drawn.values = self.data.to_data_units(drawn.values).numpy()
        if drawn.trajectory is not None:
            drawn.trajectory = self.data.to_data_units(drawn.trajectory).numpy()
        return drawn

    def evaluate(self, samples, **evaluate):
        """Metrics of samples in the units of the data, by name: (value, the same figure for real against real)."""
        return _fokker.evaluate_samples(samples, self.data, evaluate)

    def plot(self, axes=None):
        """The loss, and its mean over a fiftieth of the steps."""
        import matplotlib.pyplot as plt
        import numpy as np

        axes = axes or plt.gca()
        window = max(1, len(self.loss) // 50)
        mean = np.convolve(self.loss, np.full(window, 1 / window), "valid")
        axes.plot(self.loss, alpha=0.3)
        axes.plot(np.arange(window - 1, len(self.loss)), mean)
        axes.set(xlabel="step", ylabel="loss", yscale="log")
        return axes


def train(network, sde, data, *, seed=0, augment=(), progress=False, **config):
    """Trains `network` in place and returns a Training.

    data: from fk.datasets, or an array [samples, …], taken as it is.  Keywords are those of [train]: steps=3000,
    batch=128, learning_rate=5e-4, ema=0.999, prediction="epsilon", weighting="uniform", …  Ctrl-C ends it between steps.
    """
    if not isinstance(data, _fokker.Data):
        data = datasets.from_array(data)
    network, score, sde, loss, norm, used = _fokker.train_network(
        network, sde, data, config, seed_of(seed), list(augment), callback(progress, "training")
    )
    return Training(network, score, sde, data, used, loss, norm)
