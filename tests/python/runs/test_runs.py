"""Runs from files: the same bytes as those of the command."""

import subprocess

import numpy as np
import pytest

import fokker as fk

from command import COMMAND, ROOT

DIGITS = ROOT / "experiments/digits.toml"
TABLES = {"network": {"channels": [16, 16]}, "train": {"steps": 20, "batch": 32}, "evaluate": {"metrics": ["energy"]}}


@pytest.fixture(scope="module")
def experiment(tmp_path_factory):
    """The digits with one small set of samples."""
    path = tmp_path_factory.mktemp("experiment") / "small.toml"
    path.write_text(
        'name = "small"\n[data]\nsource = "digits"\n[network]\nkind = "unet"\n[train]\nobjective = "dsm"\n'
        '[[sample]]\nsolver = "sra1"\nn = 20\nsteps = 5\nseed = 3\n'
    )
    return path


@pytest.fixture(scope="module")
def run(experiment, tmp_path_factory):
    lines = []
    out = tmp_path_factory.mktemp("runs") / "python"
    result = fk.run(experiment, out=out, progress=lines.append, **TABLES)
    assert any("loss" in line for line in lines) and result.path == out
    return result


def test_config():
    config = fk.read_config(str(DIGITS), ["train.steps=7"])
    assert config["train"]["steps"] == 7 and config["data"]["source"] == "digits"
    with pytest.raises(fk.ConfigError, match="did you mean train.steps"):
        fk.read_config(str(DIGITS), ["train.stepz=7"])
    with pytest.raises(OSError):
        fk.read_config("missing.toml")


def test_run_is_loaded(run):
    again = fk.load_run(run.path)
    assert again.config["train"]["steps"] == 20 and len(again.metrics) == 20 and "small" in repr(again)
    assert again.sample_names == ["sra1"]
    stored = again.samples("sra1")
    assert stored.shape == (20, 8, 8, 1)
    drawn = again.sample(solver="sra1", n=20, steps=5, seed=3)
    assert np.array_equal(drawn.values, stored)
    assert np.array_equal(again.to_xarray("sra1").image.values, stored)
    # The score in the network's units, by hand back to those of the data.
    by_hand = fk.sample(again.score, again.sde, solver="sra1", n=20, steps=5, seed=3)
    assert np.array_equal(again.data.to_data_units(by_hand.values).numpy(), stored)


def test_same_bytes_as_the_command(run, experiment, tmp_path):
    overrides = ["network.channels=[16, 16]", "train.steps=20", "train.batch=32", 'evaluate.metrics=["energy"]']
    done = subprocess.run(
        [COMMAND, "run", str(experiment), *overrides, "--out", str(tmp_path / "run"), "--quiet"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    command = fk.load_run(tmp_path / "run")
    assert np.array_equal(command.samples("sra1"), run.samples("sra1"))
    ours, theirs = run.network.parameters, command.network.parameters
    assert ours.keys() == theirs.keys() and all(np.array_equal(ours[name], theirs[name]) for name in ours)


def test_a_notebook_shows_a_run_in_a_line_and_a_picture(run):
    page = fk.load_run(run.path)._repr_html_()
    assert repr(run).count("\n") == 0 and len(repr(run)) < 400
    assert page.startswith("<pre>Run(") and page.count("data:image/png") == 1


def test_no_run(tmp_path):
    with pytest.raises((fk.ConfigError, fk.IoError)):
        fk.load_run(tmp_path)
