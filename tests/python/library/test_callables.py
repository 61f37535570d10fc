"""What functions of Python may do with what they are given, and what they must return."""

import fokker as fk
import numpy as np
import pytest

X = np.linspace(-1, 1, 40).reshape(20, 2)
T = np.linspace(0, 1, 9)


def score(x, t):
    return -x


def in_place(x, t):
    x *= -1
    return x


@pytest.mark.parametrize("solver", ["euler_maruyama", "heun", "dpmpp_2m", "predictor_corrector", "probability_flow"])
def test_a_score_may_work_in_place(solver):
    draw = lambda f: fk.sample(f, fk.VP(), solver=solver, steps=8, n=16).values
    np.testing.assert_array_equal(draw(in_place), draw(score))


class OneBuffer:
    """Returns the same memory each time."""

    def __init__(self, shape):
        self.buffer = np.empty(shape)

    def __call__(self, x, t):
        return np.multiply(np.asarray(x), -1 - t, out=self.buffer)


def drift_in_place(x, t):
    values = np.asarray(x)
    values *= -1 - t
    return values


def drift_as_argument(x, t):
    np.asarray(x)[...] *= -1 - t
    return x


@pytest.mark.parametrize("solver", ["euler_maruyama", "stochastic_heun", "sra1", "milstein_free", "skrock"])
@pytest.mark.parametrize("drift", [OneBuffer(X.shape), drift_in_place, drift_as_argument])
def test_a_drift_may_keep_its_memory(drift, solver):
    def solve(f):
        return fk.solve(fk.FunctionSde(f, lambda x, t: 0.5), X, T, solver=solver, seed=1)

    start = X.copy()
    np.testing.assert_array_equal(solve(drift), solve(lambda x, t: np.asarray(x) * (-1 - t)))
    np.testing.assert_array_equal(X, start)


def test_a_diffusion_may_keep_its_memory():
    buffer = np.empty(X.shape)
    kept = fk.FunctionSde(score, lambda x, t: np.multiply(np.asarray(x), t, out=buffer), noise="diagonal")
    fresh = fk.FunctionSde(score, lambda x, t: np.asarray(x) * t, noise="diagonal")
    for solver in ("euler_maruyama", "sriw1", "milstein_free"):
        np.testing.assert_array_equal(*(fk.solve(sde, X, T, solver=solver) for sde in (kept, fresh)))


def test_every_other_callable_gets_a_copy_and_its_result_is_copied():
    def spoiled(f):
        def g(x, *rest):
            result = f(x, *rest)
            np.asarray(x)[...] = 7
            return result
        return g

    def chains(f, density):
        return fk.langevin(f, log_density=density, chains=3, steps=20, burn_in=0, shape=(2,)).draws

    density = lambda x: -0.5 * (x**2).sum(1)
    force = lambda x: -x
    np.testing.assert_array_equal(chains(spoiled(force), spoiled(density)), chains(force, density))
    field = lambda x, t: -x
    for method, steps in (("dopri5", 0), ("adams_bashforth_moulton", 20)):
        ode = lambda f: fk.solve_ode(f, X, 0, 1, method=method, steps=steps).values
        np.testing.assert_array_equal(ode(spoiled(field)), ode(field))
    likelihood = lambda f, end: fk.log_likelihood(f, fk.VP(), X[:3], terminal=end).log_density
    tensor_score = lambda x, t: -x
    np.testing.assert_array_equal(likelihood(spoiled(tensor_score), spoiled(density)),
                                  likelihood(tensor_score, density))


@pytest.mark.parametrize("returned, message", [
    (None, "got None"), ("text", "expected numbers"), (1j, "expected numbers"), ([[1], [1, 2]], "array of numbers"),
    (np.zeros(5), "shape"), (object(), "expected numbers"), (np.zeros((20, 2), "U1"), "expected numbers"),
])
def test_what_callables_return(returned, message):
    bad = lambda *_: returned
    with pytest.raises(ValueError, match=rf"\[score\].*{message}"):
        fk.sample(bad, fk.VP(), n=4, steps=2)
    with pytest.raises(ValueError, match=rf"drift.*{message}"):
        fk.solve(fk.FunctionSde(bad, lambda x, t: 1.0), X, T)
    with pytest.raises(ValueError, match=rf"diffusion.*{message}"):
        fk.solve(fk.FunctionSde(score, bad), X, T)
    with pytest.raises(ValueError, match=rf"log_density.*({message}|one a row)"):
        fk.langevin(lambda x: -x, log_density=bad, chains=3, steps=2, burn_in=0)
    with pytest.raises(ValueError, match=rf"\[score\].*{message}"):
        fk.solve_ode(bad, X, 0, 1)


def test_a_callable_that_is_none():
    for make in (lambda: fk.FunctionSde(1, score), lambda: fk.FunctionSde(score, None), lambda: fk.LangevinSde(3, 0.1),
                 lambda: fk.langevin(lambda x: -x, log_density=3)):
        with pytest.raises(ValueError, match="callable"):
            make()


@pytest.mark.parametrize("bad", ["nan", "inf"])
def test_values_that_are_not_finite_name_the_step(bad):
    with pytest.raises(ArithmeticError, match="not finite"):
        fk.sample(lambda x, t: x * float(bad), fk.VP(), n=4, steps=3)
    with pytest.raises(ArithmeticError, match="not finite"):
        fk.solve(fk.FunctionSde(lambda x, t: x * float(bad), lambda x, t: 1.0), X, T)


def test_nan_from_a_density_or_a_force_is_not_a_rejection():
    nan = lambda f: lambda x: f(x) * np.where(x[:, :1] > 0, np.nan, 1).reshape(-1, *[1] * (f(x).ndim - 1))
    force, density = lambda x: -x, lambda x: -0.5 * (x**2).sum(1)
    for law, log_density, name in ((force, nan(density), "log_density"), (nan(force), density, "score")):
        with pytest.raises(ArithmeticError, match=rf"\[{name}\].*got nan for row"):
            fk.langevin(law, log_density=log_density, chains=4, steps=50)
    # Outside of the support the density is zero.
    inside = lambda x: np.where(x[:, 0] > 0, density(x), -np.inf)
    assert (fk.langevin(force, log_density=inside, start=np.ones((4, 2)), steps=200).draws[..., 0] > 0).all()
    with pytest.raises(ArithmeticError, match=r"\[terminal\].*got nan"):
        fk.log_likelihood(fk.GaussianMixture.ring(), fk.VP(), X[:2], terminal=lambda x: x[:, 0] * np.nan)


@pytest.mark.parametrize("call, message", [
    (lambda: fk.GaussianMixture([[np.nan]], [1.0]), "all finite"),
    (lambda: fk.GaussianMixture([[0.0], [1.0]], [1.0], [1.0, np.inf]), "all finite"),
    (lambda: fk.compare(score, fk.VP(), reference=np.zeros((0, 2)), nfe=[2]), r"\[reference\] expected samples"),
    (lambda: fk.compare(score, fk.VP(), reference=X * np.nan, nfe=[2]), r"\[reference\] expected finite"),
    (lambda: fk.reshape(X, (-1, -1)), "at most one"),
    (lambda: fk.Adam([fk.Tensor(X).leaf()], learning_rate=np.nan), "learning rate"),
    (lambda: fk.brownian((), T), "got a scalar"),
    (lambda: fk.brownian((-5, 2), T), "extents"),
])
def test_other_arguments(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_what_python_cannot_convert_is_a_type_error():
    with pytest.raises(TypeError, match=r"\[argument\]"):
        fk.sum(X, axis="a")
    with pytest.raises(TypeError, match=r"\[argument\]"):
        fk.variational_bound(fk.GaussianMixture.ring(), fk.VP(), X, levels="abc")


def test_data_units_of_any_precision():
    data = fk.datasets.from_array(X, scaling="standardise")
    np.testing.assert_allclose(data.to_data_units(data.training.astype("f8")).numpy(), X, atol=1e-6)
