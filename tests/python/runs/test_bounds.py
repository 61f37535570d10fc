"""Bits per dimension: the variational bound from Python, and the table of a run."""

import fokker as fk
import h5py
import numpy as np
import pytest
from scipy.stats import norm

from command import ROOT, fokker

SDE = fk.VP()
GAUSSIAN = fk.GaussianMixture([[0.2, -0.1, 0.3]], [0.5])
X = GAUSSIAN.sample(200, seed=1, dtype="float64").numpy()
SMALL = {"network": {"channels": [8, 8]}, "train": {"steps": 20, "batch": 32}, "sample": []}


def test_continuous_bound_of_the_exact_score_is_minus_the_log_density():
    found = fk.variational_bound(GAUSSIAN, SDE, X, terms="continuous", steps=100, draws=4, t_min=1e-4)
    log_density = norm.logpdf(X, [0.2, -0.1, 0.3], 0.5).sum(axis=1)
    z = (found.nats + log_density) / found.standard_error
    assert abs(z.mean()) < 0.35 and abs((z**2).mean() - 1) < 0.45
    assert found.nfe == pytest.approx(404) and found.t.shape == (100, 4) and found.diffusion.shape == (200, 100, 4)
    total = found.prior + found.diffusion.sum(axis=(1, 2)) + found.reconstruction.mean(axis=1)
    np.testing.assert_allclose(found.nats, total)
    np.testing.assert_allclose(found.bits_per_dimension, found.nats / (3 * np.log(2)))
    discrete = fk.variational_bound(GAUSSIAN, SDE, X, steps=20)
    assert discrete.nats.mean() > found.nats.mean() + 0.5 and discrete.standard_error is None
    assert "bits per dimension" in repr(discrete)


def test_a_python_score_gives_the_same_bound():
    score = GAUSSIAN.score(SDE)
    calls = []

    def python_score(x, t):
        calls.append(t)
        return np.asarray(score(x, t))

    ours = fk.variational_bound(GAUSSIAN, SDE, X, steps=10)
    theirs = fk.variational_bound(python_score, SDE, X, steps=10)
    np.testing.assert_allclose(theirs.nats, ours.nats, rtol=1e-12)
    assert len(calls) == 11


def test_levels():
    levels = (5, -1.0, 0.5)
    x = np.random.default_rng(0).integers(0, 5, (50, 3)) * 0.5 - 1
    points = fk.GaussianMixture([[-1.0], [-0.5], [0.0], [0.5], [1.0]], 5 * [0.0])
    exact = points.score(SDE)

    def score(at, t):
        return np.asarray(exact(np.asarray(at).reshape(-1, 1), t)).reshape(at.shape)

    found = fk.variational_bound(score, SDE, x, levels=levels, terms="continuous", steps=200, draws=2, t_min=1e-3)
    bits = found.bits_per_dimension
    assert abs(bits.mean() - np.log2(5)) < 4.5 * bits.std(ddof=1) / np.sqrt(50)
    with pytest.raises(ValueError, match="levels"):
        fk.variational_bound(score, SDE, x + 0.1, levels=levels)
    with pytest.raises(ValueError, match="discretized|discretised"):
        fk.variational_bound(score, SDE, x, levels=levels, decoder="discretized")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return fk.run(ROOT / "experiments/digits.toml", out=tmp_path_factory.mktemp("runs") / "bits", **SMALL)


SETTINGS = {"n": 30, "discrete": {"steps": 10}, "continuous": {"steps": 5}, "flow": {"tolerance": 1e-1}}


def test_table_of_a_run_is_that_of_the_command(run):
    table = run.bits_per_dimension(**SETTINGS)
    assert [row.bound for row in table] == ["discrete", "continuous", "ode"] and table.basis == "whole numbers, 17 levels"
    overrides = ["n=30", "discrete.steps=10", "continuous.steps=5", "flow.tolerance=1e-1"]
    done = fokker("likelihood", run.path, *overrides, "--threads", 1)
    assert done.returncode == 0, done.stderr
    first, *lines = repr(table).splitlines()
    assert first == "held-out 30 samples, whole numbers, 17 levels" and first in done.stdout
    for row, line in zip(table, lines[1:]):
        # All but the seconds.
        assert line.rsplit(maxsplit=1)[0] in done.stdout
        assert row.low < row.mean < row.high and row.bits.shape == (30,)
        assert row.mean == pytest.approx(row.bits.mean()) and table[row.bound] is row
        half = 2.045 * row.bits.std(ddof=1) / np.sqrt(30)
        assert row.high - row.mean == pytest.approx(half, rel=1e-3)
    with h5py.File(run.path / "results.h5") as file:
        group = file["evaluation/likelihood"]
        assert set(group) == {"discrete", "continuous", "ode"} and group.attrs["basis"] == table.basis
        for row in table:
            stored = group[row.bound]
            np.testing.assert_array_equal(stored["bits_per_dimension"], row.bits)
            assert stored.attrs["nfe"] == row.nfe and list(stored.attrs["interval_95"]) == [row.low, row.high]
            for part, nats in row.parts.items():
                np.testing.assert_array_equal(stored[part], nats)
        total = sum(nats for nats in table["continuous"].parts.values())
        np.testing.assert_allclose(table["continuous"].bits, total / (64 * np.log(2)))
        assert len(group["discrete/nats"]) == 10 and np.all(np.diff(group["discrete/t"]) < 0)


def test_fewer_bounds_and_bad_settings(run):
    table = run.bits_per_dimension(bounds=["discrete"], **{**SETTINGS, "n": 3})
    assert len(table) == 1
    with pytest.raises(KeyError):
        table["ode"]
    with pytest.raises(ValueError, match="continuous"):
        run.bits_per_dimension(bounds=["continous"])
    for setting, word in [("bounds=['vdm']", "discrete"), ("discrete.stepz=3", "discrete.steps"), ("discrete.decoder=gaussian", "decoder")]:
        done = fokker("likelihood", run.path, setting)
        assert done.returncode == 2 and word in done.stderr


def test_density_of_the_data_as_they_are(run):
    found = run.log_likelihood(n=5, tolerance=1e-1)
    assert found.log_density.shape == (5,) and np.isfinite(found.log_density).all()
