"""Likelihoods, latents and ODEs from Python."""

import fokker as fk
import numpy as np
import pytest
from scipy.integrate import solve_ivp

MIXTURE = fk.GaussianMixture([[-1.0, 0.5], [1.2, 0.0]], [0.3, 0.4])
SDE = fk.VP()
X = MIXTURE.sample(40, seed=1, dtype="float64").numpy()


def test_likelihood_is_the_marginals_density():
    exact = MIXTURE.diffused(SDE, SDE.t_min).log_density(X).numpy()
    found = fk.log_likelihood(MIXTURE, SDE, X, tolerance=1e-9, terminal=MIXTURE.diffused(SDE, SDE.t_max))
    np.testing.assert_allclose(found.log_density, exact, atol=1e-6)
    np.testing.assert_allclose(found.bits_per_dimension, -exact / (2 * np.log(2)), atol=1e-6)
    # The Gaussian prior is not quite the marginal at t_max: an error far above the tolerance.
    prior = fk.log_likelihood(MIXTURE, SDE, X, tolerance=1e-9)
    assert 1e-4 < np.abs(prior.log_density - exact).max() < 0.1
    alone = fk.log_likelihood(MIXTURE, SDE, X[7:8], tolerance=1e-9, terminal=MIXTURE.diffused(SDE, SDE.t_max))
    assert alone.log_density[0] == found.log_density[7]


def test_encode_decode_and_interpolate():
    latent = fk.encode(MIXTURE, SDE, X, tolerance=1e-9)
    np.testing.assert_allclose(fk.decode(MIXTURE, SDE, latent, tolerance=1e-9), X, atol=1e-6)
    path = fk.interpolate(MIXTURE, SDE, X[:3], X[3:6], 5, tolerance=1e-9)
    assert path.shape == (5, 3, 2)
    np.testing.assert_allclose(path[0], X[:3], atol=1e-6)
    np.testing.assert_allclose(path[-1], X[3:6], atol=1e-6)


@pytest.mark.parametrize("method", ["dopri5", "fehlberg78"])
def test_solve_ode_agrees_with_scipy(method):
    def van_der_pol(x, t):
        x = np.asarray(x)
        return np.stack([x[:, 1], (1 - x[:, 0] ** 2) * x[:, 1] - x[:, 0] + np.sin(t)], axis=1)

    start = np.array([[2.0, 0.0], [-0.5, 1.0]])
    found = fk.solve_ode(van_der_pol, start, 0, 3, method=method, tolerance=1e-10, frames=[1.0])
    for i, x0 in enumerate(start):
        wanted = solve_ivp(
            lambda t, x: van_der_pol(x[None], t)[0], (0, 3), x0, method="DOP853", rtol=1e-12, atol=1e-12, t_eval=[1, 3]
        ).y
        np.testing.assert_allclose(found.frames[0][i], wanted[:, 0], atol=1e-7)
        np.testing.assert_allclose(found.values[i], wanted[:, 1], atol=1e-8)


def test_errors():
    with pytest.raises(ValueError, match="method"):
        fk.log_likelihood(MIXTURE, SDE, X, method="euler")
    with pytest.raises(ValueError, match="tolerence"):
        fk.log_likelihood(MIXTURE, SDE, X, tolerence=1e-3)
    with pytest.raises(ArithmeticError):
        fk.solve_ode(lambda x, t: np.asarray(x) * np.nan, X, 0, 1)
