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


@pytest.mark.parametrize("make, text", [
    (lambda: fk.VP(0.1, 10), "VP(beta_min=0.1, beta_max=10.0)"),
    (lambda: fk.SubVP(0.2), "SubVP(beta_min=0.2, beta_max=20.0)"),
    (lambda: fk.VE(), "VE(sigma_min=0.01, sigma_max=50.0)"),
    (lambda: fk.EDM(sigma_max=10), "EDM(sigma_min=0.002, sigma_max=10.0)"),
    (lambda: fk.Cosine(), "Cosine()"),
    (lambda: fk.RectifiedFlow(), "RectifiedFlow()"),
    (lambda: fk.TrigonometricFlow(), "TrigonometricFlow()"),
    (lambda: fk.OrnsteinUhlenbeck(2), "OrnsteinUhlenbeck(theta=2.0, sigma=1.0)"),
    (lambda: fk.GeometricBrownianMotion(), "GeometricBrownianMotion(mu=0.5, sigma=0.5)"),
    (lambda: fk.DoubleWell(0.3), "DoubleWell(sigma=0.3, kappa=0.0)"),
    (lambda: fk.GaussianMixture([[0, 1], [2, -1]], 0.5, [1, 3]),
     "GaussianMixture(means=[[0.0, 1.0], [2.0, -1.0]], deviations=[0.5, 0.5], weights=[0.25, 0.75])"),
])
def test_what_is_made_alike_is_equal_and_shows_its_parameters(make, text):
    a, b = make(), make()
    assert repr(a) == text and a == b and not a != b and hash(a) == hash(b) and len({a, b}) == 1
    others = [fk.VP(), fk.SubVP(), fk.VE(0.02), fk.OrnsteinUhlenbeck(), fk.GaussianMixture.ring(), "VP()", None]
    assert all(a != other and other != a for other in others)
    again = eval(text, {name: getattr(fk, name) for name in dir(fk) if name[0].isupper()})
    assert again == a and list(a.parameters) == list(again.parameters)


def test_reprs_are_a_line_and_say_what_there_is():
    score = fk.GaussianMixture.ring(100).score(fk.VP())
    assert repr(fk.GaussianMixture.ring(100)).count("100 in all") == 3 and len(repr(fk.GaussianMixture.ring(100))) < 300
    assert repr(fk.ReverseSde(fk.VP(), score, 0.5)) == "ReverseSde(VP(beta_min=0.1, beta_max=20.0), score, eta=0.5)"
    assert repr(fk.LangevinSde(score, 0.1)) == "LangevinSde(score, time=0.1)"
    assert repr(fk.UnderdampedLangevin(score, 0.1, 2)) == "UnderdampedLangevin(score, time=0.1, friction=2)"
    assert "noise='diagonal', calculus='ito'" in repr(fk.FunctionSde(lambda x, t: x, lambda x, t: x, noise="diagonal"))
    network = fk.Mlp(hidden=(8, 8), dropout=0.1)
    assert repr(network) == "<fokker.Network mlp(hidden=[8, 8], dropout=0.1), not built yet>"
    network.build((2,))
    assert "mlp(hidden=[8, 8], dropout=0.1)" in repr(network) and "samples [2]" in repr(network)
    assert "mlp, not built" in repr(fk.Mlp())
