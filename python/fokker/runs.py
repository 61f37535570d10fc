"""Experiments from files: the same runs as those of the command `fokker`."""

import json
import os
import pathlib

from . import _fokker
from ._arguments import labels_of, seed_of
from ._progress import callback
from .applications import apply
from .bounds import bits_of_run
from .flows import likelihood_of_run
from .samples import Samples


class Run:
    """A finished run: its score, its samples and its files."""

    def __init__(self, path, **average):
        self.path = pathlib.Path(path)
        self._run = _fokker.TrainedRun(str(path), **average)

    def with_ema(self, decay=None, *, length=None, step=0):
        """The same run with another average of the weights.

        decay: train.ema or one of train.emas.  length: instead, the relative length of any power-function average, made
        from the snapshots of a run with train.ema_lengths; step: until which it averages (0: the last).
        """
        return Run(self.path, decay=decay, length=length, step=step)

    @property
    def config(self):
        """The experiment, as a dictionary."""
        return self._run.config

    @property
    def data(self):
        return self._run.data

    @property
    def sde(self):
        return self._run.sde

    @property
    def network(self):
        """With the averaged weights."""
        return self._run.network

    @property
    def score(self):
        """∇ log p_t in the units of the network, for fk.sample."""
        return self._run.score

    @property
    def metrics(self):
        """One dictionary a training step: loss, gradient norm, learning rate, …"""
        return [json.loads(line) for line in (self.path / "metrics.jsonl").read_text().splitlines()]

    @property
    def sample_names(self):
        """The sets of samples that the run drew."""
        import h5py

        with h5py.File(self.path / "results.h5") as file:
            return list(file["samples"]) if "samples" in file else []

    def samples(self, name):
        """A set of samples that the run drew, as a NumPy array in the units of the data."""
        import h5py

        with h5py.File(self.path / "results.h5") as file:
            group = file[f"samples/{name}"]
            return group["image" if "image" in group else "x"][()]

    def to_xarray(self, name):
        """A set of samples as an xarray.Dataset."""
        import xarray

        return xarray.load_dataset(self.path / "results.h5", group=f"samples/{name}", engine="h5netcdf")

    def conditional_score(self, labels):
        """∇ log p_t(x | label) in the units of the network: sample i is under labels[i], from the first again behind the last."""
        return self._run.system.score(labels_of(labels))

    def sample(self, *, n=64, seed=0, label=None, guidance=None, progress=False, **config):
        """New samples in the units of the data; keywords are those of [[sample]].

        label: a class, or a list that the samples take in turn.  guidance: strength towards it, or the table guidance.
        """
        keywords = {**config, "n": n, "seed": seed_of(seed)}
        if label is not None:
            keywords["labels"] = labels_of(label)
        if guidance is not None:
            keywords["guidance"] = guidance if isinstance(guidance, dict) else {"strength": float(guidance)}
        drawn, used = self._run.draw(keywords, callback(progress, str(config.get("solver", "sampling"))))
        return Samples(config=used, sde=self.sde.name, range=tuple(self.data.range), **drawn)

    def evaluate(self, samples, **evaluate):
        """Metrics of any samples in the units of the data, by name: (value, the same figure for real against real).

        Keywords are those of [evaluate], and as in the run unless given.
        """
        return _fokker.evaluate_samples(samples, self.data, {**self.config["evaluate"], **evaluate}, self.config["seed"])

    def held_out_loss(self):
        """The loss on held-out data, with the noise and times that it had in training."""
        return self._run.held_out_loss()

    def log_likelihood(self, *, progress=False, **config):
        """Of the held-out data, in the units of the data: a Likelihood.

        n: the first samples alone; other keywords are those of fk.log_likelihood.
        """
        return likelihood_of_run(self._run, progress, config)

    def bits_per_dimension(self, *, progress=False, **config):
        """Upper bounds on the bits a dimension of the held-out data, as a BitsPerDimension, which prints as a table.

        Keywords are those of `fokker likelihood`: bounds=["discrete", "continuous", "ode"], n=0 (all), tables discrete,
        continuous, flow and divergence, as in discrete={"steps": 1000}, and dequantisations=1.
        """
        return bits_of_run(self._run, progress, config)

    def edit(self, images=None, *, progress=False, **config):
        """Image to image (SDEdit): Findings.  Keywords are those of [[edit]]: strengths=[…], n, labels, guidance, solver, …"""
        return apply(self._run, "edit", images, progress, config)

    def guidance_sweep(self, *, progress=False, **config):
        """Samples at several strengths of guidance, precision against recall: Findings.  Keywords are those of [[guidance_sweep]]."""
        return apply(self._run, "guidance_sweep", None, progress, config)

    def translate(self, images=None, *, progress=False, **config):
        """From one label to another by the probability flow: Findings.  Keywords are those of [[translate]]: to=1, n=…"""
        return apply(self._run, "translate", images, progress, config)

    def captions(self, *, progress=False, **config):
        """Images for held-out captions, and whether they show what is said: Findings.  Keywords are those of [[captions]]."""
        return apply(self._run, "captions", None, progress, config)

    def synthesise(self, *, progress=False, **config):
        """Labelled samples for training, their use and their privacy: Findings.  Keywords are those of [[synthesise]]."""
        return apply(self._run, "synthesise", None, progress, config)

    def inpaint(self, images=None, *, progress=False, **config):
        """Samples given a part or a linear measurement of each image: Findings.  Keywords are those of [[inpaint]]."""
        return apply(self._run, "inpaint", images, progress, config)

    def denoise(self, x=None, *, progress=False, **config):
        """Posterior mean and samples of noisy data: Findings.  Keywords are those of [[denoise]]: noise=0.2, level=…"""
        return apply(self._run, "denoise", x, progress, config, "x")

    def detect(self, x=None, *, progress=False, **config):
        """Anomalies, at a stated rate of false alarms: Findings.  Keywords are those of [[detect]]: false_alarm=0.05, …"""
        return apply(self._run, "detect", x, progress, config, "x")

    def __repr__(self):
        return f"Run({os.fspath(self.path)!r}: {self.config['name']}, {self.network!r})"

    def _repr_html_(self):
        from . import _html

        pictures = [self.path / f"samples-{name}.png" for name in self.sample_names]
        shown = next((picture.read_bytes() for picture in pictures if picture.exists()), self.data.overview())
        return _html.text(repr(self)) + _html.png(shown)


def load_run(path):
    """The run that `fokker run` or fk.run left in a folder."""
    return Run(path)


def run(config, *, out="", progress=False, **tables):
    """Runs an experiment file and returns its Run.  Ctrl-C leaves a checkpoint; fk.resume goes on.

    config: a file, or the name of one that comes with Fokker, as "digits.toml".  out: the run's folder; a new one under
    runs/ unless given.  progress: True prints the lines of the command `fokker`; a
    function is called with each.  tables: overrides, as in train={"steps": 100}, name="short".
    """
    return Run(_fokker.run_experiment(os.fspath(config), _overrides(tables), os.fspath(out), _line(progress)))


def resume(path, *, progress=False):
    """Goes on with a run that was interrupted; its results are those of an uninterrupted one."""
    return Run(_fokker.resume_run(os.fspath(path), _line(progress)))


def _line(progress):
    return print if progress is True else progress or None


def _overrides(tables, prefix=""):
    overrides = []
    for key, value in tables.items():
        if isinstance(value, dict):
            overrides += _overrides(value, f"{prefix}{key}.")
        else:
            # JSON's texts, numbers, booleans and lists are TOML's.
            overrides.append(f"{prefix}{key}={json.dumps(value)}")
    return overrides
