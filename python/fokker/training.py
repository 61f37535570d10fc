"""Training, as the table [train] of an experiment describes it."""

import dataclasses

from . import _fokker, datasets
from ._arguments import labels_of, seed_of
from ._progress import callback


@dataclasses.dataclass(repr=False)
class Training:
    """A trained network and how it came about."""

    network: _fokker.Network  # averaged weights
    system: _fokker.System  # the averaged network and what trained it
    score: object  # ∇ log p_t of the averaged network, in its units; None for regression
    sde: _fokker.ForwardSde  # SDE of the score
    data: _fokker.Data
    config: dict
    loss: list  # a value for each step, as the next four
    gradient_norm: list  # before clipping
    learning_rate: list
    clipped: list
    operations: list  # operations of matrix products and convolutions
    held_out: dict  # "step", "loss": of the averaged weights, on the same held-out samples and noise each time
    noise_levels: dict  # "step", and [step, level] "mean", "deviation", "count": errors since the step before

    def conditional_score(self, labels):
        """Returns ∇ log p_t(x | label) in the units of the network; labels repeat after the last, sample by sample."""
        return self.system.score(labels_of(labels))

    def sample(self, *, label=None, guidance=None, **keywords):
        """Calls fk.sample with this score, and returns samples in the units of the data.

        label: a class, or a list that the samples take in turn.
        guidance: strength towards the label, or keywords of fk.guide.
        """
        from .sampling import sample

        score = self.score if label is None else self.conditional_score(label)
        if guidance is not None:
            how = guidance if isinstance(guidance, dict) else {"strength": guidance}
            score = _fokker.guide(score, self.score, self.sde, **how)
        drawn = sample(score, self.sde, **keywords)
        drawn.range = tuple(self.data.range)
        drawn.values = self.data.to_data_units(drawn.values).numpy()
        if drawn.trajectory is not None:
            drawn.trajectory = self.data.to_data_units(drawn.trajectory).numpy()
        return drawn

    def evaluate(self, samples, **evaluate):
        """Returns metrics of samples in the units of the data by name: (value, value of real against real)."""
        return _fokker.evaluate_samples(samples, self.data, evaluate)

    def plot(self, axes=None):
        """Plots the loss, its mean over a fiftieth of the steps, and the held-out loss."""
        import matplotlib.pyplot as plt
        import numpy as np

        axes = axes or plt.gca()
        window = max(1, len(self.loss) // 50)
        mean = np.convolve(self.loss, np.full(window, 1 / window), "valid")
        axes.plot(np.arange(1, len(self.loss) + 1), self.loss, alpha=0.3)
        axes.plot(np.arange(window, len(self.loss) + 1), mean, label="training")
        if self.held_out["step"]:
            axes.plot(self.held_out["step"], self.held_out["loss"], "o-", markersize=3, label="held out")
            axes.legend()
        axes.set(xlabel="step", ylabel="loss", yscale="log")
        return axes

    def plot_noise_levels(self, axes=None):
        """Plots the mean error of each noise level, with a darker line for each later interval of the log."""
        import matplotlib.pyplot as plt
        import numpy as np

        axes = axes or plt.gca()
        lines = np.asarray(self.noise_levels["mean"])
        for i, line in enumerate(lines):
            axes.plot((np.arange(len(line)) + 0.5) / len(line), line, color=plt.cm.viridis_r((i + 1) / len(lines)))
        axes.set(xlabel="noise level (label of the time)", ylabel="mean error", yscale="log")
        return axes

    def __repr__(self):
        steps, last = len(self.loss), self.loss[-100:]
        lines = [f"Training({self.network!r}", f"  {self.sde!r}, {self.data!r}", f"  {steps} steps"]
        if last:
            lines[-1] += f", loss {sum(last) / len(last):.4g} over the last {len(last)}"
        if self.held_out["step"]:
            lines[-1] += f"; held out {self.held_out['loss'][-1]:.4g} after step {self.held_out['step'][-1]}"
        return "\n".join(lines) + ")"

    def _repr_html_(self):
        from . import _html

        return _html.text(repr(self)) + (_html.figure(self.plot) if self.loss else "")


def train(network, sde, data, *, seed=0, augment=(), progress=False, **config):
    """Trains `network` in place and returns a Training.

    data: from fk.datasets, or an array [samples, …], taken as it is.
    Keywords are those of [train]: steps=3000, batch=128, learning_rate=5e-4, ema=0.999, prediction="epsilon",
    weighting="uniform", …
    Held-out data have their loss measured, too, and patience=n ends the training after n such losses without a new
    least one.  Ctrl-C ends it between steps.
    """
    if not isinstance(data, _fokker.Data):
        data = datasets.from_array(data)
    network, system, score, sde, curves, used = _fokker.train_network(
        network, sde, data, config, seed_of(seed), list(augment), callback(progress, "training")
    )
    return Training(network, system, score, sde, data, used, **curves)
