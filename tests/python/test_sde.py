"""Diffusions against their closed forms."""

import numpy as np
import pytest

import fokker as fk


@pytest.mark.parametrize("sde", [fk.VP(), fk.VE(), fk.SubVP(), fk.Cosine(), fk.EDM(), fk.RectifiedFlow(),
                                 fk.TrigonometricFlow()], ids=lambda sde: sde.name)
def test_marginal_solves_the_moment_equations(sde):
    """dα/dt = f α and dσ²/dt = 2 f σ² + g², read off drift and diffusion."""
    one = np.ones((1, 1))
    for t in np.linspace(0.1, 0.9, 9) * sde.t_max:
        h = 1e-5 * sde.t_max
        (a0, s0), (a1, s1), (alpha, sigma) = sde.marginal(t - h), sde.marginal(t + h), sde.marginal(t)
        f = sde.drift(one, t).item()
        g = sde.diffusion(one, t).item()
        assert (a1 - a0) / (2 * h) == pytest.approx(f * alpha, rel=1e-6, abs=1e-9)
        assert (s1**2 - s0**2) / (2 * h) == pytest.approx(2 * f * sigma**2 + g**2, rel=1e-6)
        assert sde.time_of_lambda(np.log(alpha / sigma)) == pytest.approx(t, rel=1e-9)


def test_vp_by_hand():
    alpha, sigma = fk.VP(beta_min=0.2, beta_max=10).marginal(0.5)
    assert alpha == pytest.approx(np.exp(-0.5 * (0.5 * 0.2 + 0.125 * 9.8)))
    assert alpha**2 + sigma**2 == pytest.approx(1)


def test_reverse_of_the_probability_flow_has_no_noise():
    sde = fk.VP()
    assert fk.ReverseSde(sde, lambda x, t: -x, eta=0).noise == "none"
    x = np.array([[0.3, -2.0]])
    t = 0.4
    f, g = sde.drift(x, t).numpy(), sde.diffusion(x, t).item()
    np.testing.assert_allclose(fk.ReverseSde(sde, lambda x, t: -3 * x, eta=1).drift(x, t).numpy(), f + 3 * g**2 * x)
    np.testing.assert_allclose(fk.ReverseSde(sde, lambda x, t: -3 * x, eta=0).drift(x, t).numpy(), f + 1.5 * g**2 * x)


def test_mixture_against_numpy():
    means, deviations, weights = np.array([[0.0, 1.0], [2.0, -1.0]]), [0.5, 1.0], [1.0, 3.0]
    mixture = fk.GaussianMixture(means, deviations, weights)
    x = np.random.default_rng(0).normal(size=(5, 2))
    share = np.array(weights) / sum(weights)
    square = ((x[:, None] - means) ** 2).sum(-1)
    density = share * np.exp(-square / (2 * np.square(deviations))) / (2 * np.pi * np.square(deviations))
    np.testing.assert_allclose(mixture.log_density(x).numpy(), np.log(density.sum(1)), rtol=1e-12)
    score = (density[..., None] * (means - x[:, None]) / np.square(deviations)[:, None]).sum(1) / density.sum(1)[:, None]
    np.testing.assert_allclose(mixture.score(x).numpy(), score, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(fk.grad(mixture.log_density)(x).numpy(), score, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(mixture.mean, share @ means)
    draws = mixture.sample(40_000, seed=1).numpy()
    np.testing.assert_allclose(np.cov(draws.T), mixture.covariance, atol=0.05)
    with pytest.raises(fk.ConfigError):
        fk.GaussianMixture(means, [0.5, 1.0, 2.0])
