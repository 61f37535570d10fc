"""Trained networks as runs, with files or without.  Those with files are the runs of the command `fokker`."""

import json
import os
import pathlib

from . import _curves, _fokker
from ._arguments import labels_of, seed_of
from ._progress import callback
from .applications import apply
from .bounds import bits_of_run
from .evaluation import evaluate as evaluation_of
from .flows import likelihood_of_run
from .samples import Samples


class Run:
    """A trained network and all that is made of it.

    fk.run, fk.resume and fk.load_run return a run with files, and fk.train one without, whose `path` is None.
    """

    def __init__(self, path, **average):
        self.path = pathlib.Path(path)
        self._run = _fokker.TrainedRun(str(path), **average)
        self._average, self._metrics = average, None

    @classmethod
    def _without_files(cls, trained, lines):
        """Makes the Run of a network that was trained in memory; `lines` are those that metrics.jsonl would have."""
        run = cls.__new__(cls)
        run.path, run._run, run._average, run._metrics = None, trained, {}, [json.loads(line) for line in lines]
        return run

    def _folder(self, use):
        """The folder of the run.  Raises ConfigError where it has none."""
        if self.path is None:
            raise _fokker.ConfigError(
                f"[{use}] this run has no files, because fk.train writes none; "
                "make the run by fk.run(config, out=FOLDER)")
        return self.path

    def with_ema(self, decay=None, *, length=None, step=0):
        """Returns the same run with another average of the weights.

        decay: train.ema or one of train.emas.
        length: relative length of any power-function average, made from the snapshots of a run with train.ema_lengths.
        step: step until which this average goes (0: the last).
        """
        return Run(self._folder("with_ema"), decay=decay, length=length, step=step)

    @property
    def config(self):
        """The experiment, as a dictionary.

        For a run without files it says what is known: the settings of the training, the network and the SDE, how the
        data were prepared, and as `seed` that of the training.
        """
        return self._run.config

    @property
    def data(self):
        """The data that the network was trained on."""
        return self._run.data

    @property
    def sde(self):
        """The SDE of the score."""
        return self._run.sde

    @property
    def network(self):
        """The network with the averaged weights."""
        return self._run.network

    @property
    def score(self):
        """The score ∇ log p_t in the units of the network, for fk.sample; None where the objective trains none."""
        return self._run.score

    @property
    def metrics(self):
        """One dictionary for each training step: step, train_loss, grad_norm (before clipping), lr, clipped, …

        `operations` are those of matrix products and convolutions.
        """
        if self._metrics is not None:
            return self._metrics
        return [json.loads(line) for line in (self.path / "metrics.jsonl").read_text().splitlines()]

    @property
    def loss(self):
        """The loss of each training step."""
        return [row["train_loss"] for row in self.metrics]

    @property
    def held_out(self):
        """The loss of the averaged weights, "step" and "loss", on the same held-out samples and noise each time."""
        return _curves.held_out(self.metrics)

    @property
    def noise_levels(self):
        """Errors by noise level since the "step" before: "mean", "deviation" and "count" [step, level]."""
        return _curves.noise_levels(self.metrics)

    def plot(self, axes=None):
        """Plots the loss, its mean over a fiftieth of the steps, and the held-out loss."""
        return _curves.plot_losses(self, axes)

    def plot_noise_levels(self, axes=None):
        """Plots the mean error of each noise level, with a darker line for each later interval of the log."""
        return _curves.plot_noise_levels(self, axes)

    @property
    def sample_names(self):
        """The names of the sets of samples in the files of the run."""
        if self.path is None:
            return []
        import h5py

        with h5py.File(self.path / "results.h5") as file:
            return list(file["samples"]) if "samples" in file else []

    def samples(self, name):
        """A set of samples in the files of the run, as a NumPy array in the units of the data."""
        import h5py

        with h5py.File(self._folder("samples") / "results.h5") as file:
            group = file[f"samples/{name}"]
            return group["image" if "image" in group else "x"][()]

    def to_xarray(self, name):
        """A set of samples as an xarray.Dataset."""
        import xarray

        return xarray.load_dataset(self._folder("to_xarray") / "results.h5", group=f"samples/{name}", engine="h5netcdf")

    def conditional_score(self, labels):
        """Returns ∇ log p_t(x | label) in the units of the network; labels repeat after the last."""
        return self._run.system.score(labels_of(labels))

    def sample(self, *, n=64, seed=0, label=None, guidance=None, trajectory=10, progress=False, **config):
        """Draws new samples in the units of the data; keywords are those of [[sample]].

        label: a class, or a list that the samples take in turn.
        guidance: strength towards the label, or the table guidance.
        trajectory: number of states to keep, evenly spaced over the steps.
        """
        keywords = {**config, "n": n, "seed": seed_of(seed)}
        if label is not None:
            keywords["labels"] = labels_of(label)
        if guidance is not None:
            keywords["guidance"] = guidance if isinstance(guidance, dict) else {"strength": float(guidance)}
        drawn, used = self._run.draw(keywords, trajectory, callback(progress, str(config.get("solver", "sampling"))))
        return Samples(config=used, sde=self.sde.name, range=self._run.range, **drawn)

    def evaluate(self, samples, **evaluate):
        """Returns metrics of samples in the units of the data by name: (value, the same figure for real against real).

        The result is a dictionary that prints as a table; its `features` name the network that is the unit of a figure.
        Keywords are those of [evaluate]; keywords that are not given are as in the run.
        """
        config = self.config
        return evaluation_of(samples, self.data, {**config["evaluate"], **evaluate}, config["seed"])

    def held_out_loss(self):
        """The loss on held-out data, with the noise and times that it had in training."""
        return self._run.held_out_loss()

    def log_likelihood(self, *, progress=False, **config):
        """Returns the Likelihood of the held-out data, in the units of the data.

        n: number of first samples; other keywords are those of fk.log_likelihood.
        """
        return likelihood_of_run(self._run, progress, config)

    def bits_per_dimension(self, *, progress=False, **config):
        """Bounds the bits a dimension of the held-out data from above: a BitsPerDimension, which prints as a table.

        Keywords are those of `fokker likelihood`: bounds=["discrete", "continuous", "ode"], n=0 (all), tables discrete,
        continuous, flow and divergence, such as discrete={"steps": 1000}, and dequantisations=1.
        """
        return bits_of_run(self._run, progress, config)

    def edit(self, images=None, *, progress=False, **config):
        """Changes images by SDEdit.

        Returns Findings.  Keywords are those of [[edit]]: strengths=[…], n, labels, guidance, solver, …
        """
        return apply(self._run, "edit", images, progress, config)

    def guidance_sweep(self, *, progress=False, **config):
        """Draws samples at several strengths of guidance.

        Returns Findings.  Keywords are those of [[guidance_sweep]].
        """
        return apply(self._run, "guidance_sweep", None, progress, config)

    def translate(self, images=None, *, progress=False, **config):
        """Translates one label into another by the probability flow.

        Returns Findings.  Keywords are those of [[translate]].
        """
        return apply(self._run, "translate", images, progress, config)

    def captions(self, *, progress=False, **config):
        """Draws images to held-out captions and judges them.

        Returns Findings.  Keywords are those of [[captions]].
        """
        return apply(self._run, "captions", None, progress, config)

    def synthesise(self, *, progress=False, **config):
        """Draws labelled samples and measures use and privacy.

        Returns Findings.  Keywords are those of [[synthesise]].
        """
        return apply(self._run, "synthesise", None, progress, config)

    def inpaint(self, images=None, *, progress=False, **config):
        """Draws samples given a part or a measurement of each image.

        Returns Findings.  Keywords are those of [[inpaint]].
        """
        return apply(self._run, "inpaint", images, progress, config)

    def denoise(self, x=None, *, progress=False, **config):
        """Denoises: posterior mean and samples of noisy data.

        Returns Findings.  Keywords are those of [[denoise]].
        """
        return apply(self._run, "denoise", x, progress, config, "x")

    def detect(self, x=None, *, progress=False, **config):
        """Finds anomalies at a stated rate of false alarms.

        Returns Findings.  Keywords are those of [[detect]].
        """
        return apply(self._run, "detect", x, progress, config, "x")

    def __reduce__(self):
        if self.path is None:
            raise TypeError(f"[pickle] expected a run with files, got {self!r}; run.network can be pickled")
        return _again, (self.path, self._average)

    def __repr__(self):
        if self.path is not None:
            return f"Run({os.fspath(self.path)!r}: {self.config['name']}, {self.network!r})"
        return f"Run({self.network!r}\n  {self.sde!r}, {self.data!r}\n  {_curves.summary(self)})"

    def _repr_html_(self):
        from . import _html

        if self.path is None:
            return _html.text(repr(self)) + (_html.figure(self.plot) if self.loss else "")
        pictures = [self.path / f"samples-{name}.png" for name in self.sample_names]
        shown = next((picture.read_bytes() for picture in pictures if picture.exists()), self.data.overview())
        return _html.text(repr(self)) + _html.png(shown)


def load_run(path):
    """Loads the run that `fokker run` or fk.run left in a folder."""
    return Run(path._folder("load_run") if isinstance(path, Run) else path)


def run(config, *, out="", progress=False, **tables):
    """Runs an experiment file and returns its Run.  Ctrl-C leaves a checkpoint, and fk.resume continues from it.

    config: a file, or the name of one that comes with Fokker, such as "digits.toml".
    out: folder of the run; by default a new one under runs/.
    progress: True prints the lines of the command `fokker`; a function is called with each line.
    tables: overrides, such as train={"steps": 100}, name="short".
    """
    return Run(_fokker.run_experiment(os.fspath(config), _overrides(tables), os.fspath(out), _line(progress)))


def resume(path, *, progress=False):
    """Continues a run that was interrupted; its results are those of an uninterrupted run."""
    folder = path._folder("resume") if isinstance(path, Run) else path
    return Run(_fokker.resume_run(os.fspath(folder), _line(progress)))


def _again(path, average):
    return Run(path, **average)


def _line(progress):
    return print if progress is True else progress or None


def _overrides(tables, prefix=""):
    overrides = []
    for key, value in tables.items():
        if isinstance(value, dict):
            overrides += _overrides(value, f"{prefix}{key}.")
        else:
            # Texts, numbers, booleans and lists of JSON are those of TOML.
            overrides.append(f"{prefix}{key}={json.dumps(value)}")
    return overrides
