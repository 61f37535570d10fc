"""Langevin chains and their diagnostics from Python."""

import numpy as np
import pytest

import fokker as fk
from fokker import _fokker


def test_mala_on_a_mixture():
    law = fk.GaussianMixture([[-1.0, 0.5], [1.0, 0.5]], 0.6)
    chains = fk.langevin(law, chains=8, steps=4000, burn_in=1000, seed=1)
    assert chains.draws.shape == (4000, 8, 2) and chains.draws.dtype == np.float64
    assert chains.rhat.shape == (2,) and np.all(chains.rhat < 1.02)
    mcse = chains.summary["mcse"]
    assert np.all(np.abs(chains.draws.mean((0, 1)) - [0, 0.5]) < 5 * mcse)
    assert np.allclose(chains.summary["sd"], [np.sqrt(1.36), 0.6], rtol=0.08)
    assert abs(chains.acceptance.mean() - 0.574) < 0.05
    assert chains.evaluations == 5001
    again = fk.langevin(law, chains=3, steps=4000, burn_in=1000, seed=1)
    assert np.array_equal(again.draws, chains.draws[:, :3])


@pytest.mark.parametrize("method", list(_fokker.langevin_methods()))
def test_a_python_callable_is_a_score(method):
    """A correlated Gaussian by NumPy."""
    covariance = np.array([[1.0, 0.6], [0.6, 1.0]])
    precision = np.linalg.inv(covariance)
    extra = {"log_density": lambda x: -0.5 * np.einsum("bi,ij,bj->b", x, precision, x)} if method == "mala" else {}
    chains = fk.langevin(lambda x: -x @ precision, method=method, step=0.1, chains=16, steps=6000, burn_in=300, thin=4, **extra)
    draws = chains.draws.reshape(-1, 2)
    assert chains.draws.shape == (1500, 16, 2)
    ess = chains.ess.min()
    # The precision's larger value is 2.5: the variance of ula along it is off by 1/(1 - h 2.5/2) = 1.14.
    margin = 0.07 if method == "ula" else 0.01
    assert ess > 500
    assert np.allclose(np.cov(draws.T), covariance, atol=5 * 1.5 / np.sqrt(ess) + margin)


def test_a_diffusion_score_at_a_time():
    sde, law = fk.VP(), fk.GaussianMixture([[2.0]], 0.5)
    chains = fk.langevin(law.score(sde), t=0.3, method="baoab", step=0.2, chains=16, steps=8000, burn_in=200)
    alpha, sigma = sde.marginal(0.3)
    assert chains.draws.dtype == np.float32
    assert abs(chains.draws.mean() - 2 * alpha) < 5 * chains.summary["mcse"][0]
    assert chains.draws.std() == pytest.approx(np.hypot(0.5 * alpha, sigma), rel=0.05)
    with pytest.raises(TypeError, match="expected t="):
        fk.langevin(law.score(sde), method="ula")


def test_errors_and_interrupts():
    with pytest.raises(fk.ConfigError, match="needs a log density"):
        fk.langevin(lambda x: -x)
    with pytest.raises(fk.ConfigError, match="no friction"):
        fk.langevin(fk.GaussianMixture.ring(), method="ula", friction=2.0)
    with pytest.raises(fk.ConfigError, match="did you mean"):
        fk.langevin(fk.GaussianMixture.ring(), method="mela")
    with pytest.raises(fk.ShapeError, match="expected starts"):
        fk.langevin(fk.GaussianMixture.ring(), start=np.zeros((3, 2)))
    with pytest.raises(fk.ShapeError, match="log densities"):
        fk.langevin(lambda x: -x, log_density=lambda x: -0.5 * x * x)
    with pytest.raises(fk.NumericalError, match="chain 0"):
        fk.langevin(lambda x: -x, method="ula", step=50.0)

    def fails(x):
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        fk.langevin(fails, method="ula")


def test_views_of_chains():
    chains = fk.langevin(fk.GaussianMixture.ring(4, 1.0, 0.5), steps=200, start=np.zeros((4, 2)))
    assert "acceptance" in repr(chains) and "<table>" in chains._repr_html_() and "rhat" in chains._repr_html_()
    xarray = pytest.importorskip("xarray")
    data = chains.to_xarray()
    assert isinstance(data, xarray.Dataset) and data["x"].dims == ("chain", "draw", "component")
    assert np.array_equal(data["x"].sel(chain=2).values, chains.draws[:, 2])


def numpy_rhat(draws):
    """Rank-normalised split R-hat of draws [draws, chains], as a formula."""
    from statistics import NormalDist

    half = len(draws) // 2
    split = np.concatenate([draws[:half], draws[-half:]], 1)

    def plain(x):
        within = x.var(0, ddof=1).mean()
        return np.sqrt(((len(x) - 1) / len(x) * within + x.mean(0).var(ddof=1)) / within)

    def scores(x):
        ranks = x.ravel().argsort().argsort().reshape(x.shape) + 1
        return np.vectorize(NormalDist().inv_cdf)((ranks - 0.375) / (x.size + 0.25))

    return max(plain(scores(split)), plain(scores(np.abs(split - np.median(split)))))


def test_diagnostics():
    rng = np.random.default_rng(0)
    independent = rng.normal(size=(2001, 4, 3))
    assert np.all(fk.diagnostics.rhat(independent) < 1.01)
    assert np.allclose(fk.diagnostics.ess(independent), independent[..., 0].size, rtol=0.15)
    assert np.allclose(fk.diagnostics.ess(independent, kind="tail"), independent[..., 0].size, rtol=0.2)
    apart = independent[:, :, 0] + [0, 0, 0, 1]
    assert fk.diagnostics.rhat(apart) == pytest.approx(numpy_rhat(apart), rel=1e-9)
    assert fk.diagnostics.rhat(apart) > 1.05
    assert fk.diagnostics.mcse(independent[:, 0, 0]) == pytest.approx(1 / np.sqrt(2001), rel=0.15)
    assert fk.diagnostics.autocorrelation(np.array([1.0, 2, 3, 4]), 2) == pytest.approx([1, 0.25, -0.3])
    with pytest.raises(ValueError, match="bulk"):
        fk.diagnostics.ess(independent, kind="all")


def test_underdamped_langevin_as_an_sde():
    sde = fk.UnderdampedLangevin(lambda x, t: -x, 0.0, friction=2.0)
    x = np.array([[[1.0], [3.0]]])
    assert np.array_equal(sde.drift(x, 0.0).numpy(), [[[3.0], [-7.0]]])
    assert np.array_equal(sde.diffusion(x, 0.0).numpy(), [[[0.0], [2.0]]])
    assert sde.noise == "additive"


def test_diagnostics_of_what_is_no_number_and_of_few_draws_are_nan():
    """As in ArviZ; a NaN once made rhat and ess loop for ever."""
    x = np.random.default_rng(0).normal(size=(400, 4, 2))
    x[200, 1, 1] = np.nan
    for name, values in fk.diagnostics.summary(x).items():
        assert np.isfinite(values[0]) and np.isnan(values[1]), name
    assert np.isnan(fk.diagnostics.ess(x[:, :, 1], "tail")) and np.isnan(fk.diagnostics.rhat(x[:, 1, 1]))
    few = fk.langevin(fk.GaussianMixture.ring(), chains=2, steps=3, burn_in=1)
    assert len(few) == 3 and "too few draws for R-hat" in repr(few) and "<table>" in few._repr_html_()
    assert np.isnan(few.rhat).all() and np.isfinite(few.summary["mean"]).all()
    assert "R-hat" in repr(fk.langevin(fk.GaussianMixture.ring(), chains=2, steps=4, burn_in=1))
