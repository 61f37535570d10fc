"""What crosses Python's border: arrays, labels, callables, scalars."""

import fokker as fk
import numpy as np
import pytest

X = np.linspace(-1, 1, 40).reshape(20, 2)
T = np.linspace(0, 1, 9)


@pytest.mark.parametrize("count", [1, 2, 18, 19, 21, 25])
def test_as_many_labels_as_samples(count):
    with pytest.raises(ValueError, match=f"expected 20 labels, one a sample, got {count}"):
        fk.datasets.from_array(X, labels=np.zeros(count, int))


@pytest.mark.parametrize("labels, message", [
    (np.full(20, -1), "expected labels 0, 1, 2, …, got -1"),
    (np.full(20, 0.5), "expected labels 0, 1, 2, …, got 0.5"),
    (np.full(20, np.nan), "expected labels 0, 1, 2, …, got nan"),
    (np.full(20, 2**40), "expected labels 0, 1, 2, …"),
    (np.zeros((20, 1), int), r"\[labels\] expected \[20\]"),
    (["a"] * 20, "labels.*numbers"),
    ([None] * 20, "labels.*numbers"),
])
def test_labels_are_classes(labels, message):
    with pytest.raises(ValueError, match=message):
        fk.datasets.from_array(X, labels=labels)


def test_labels_of_any_array_type():
    for labels in ([0, 1] * 10, np.arange(20) % 2, (np.arange(20) % 2).astype("f8"), np.arange(20) % 2 == 1):
        assert fk.datasets.from_array(X, labels=labels, held_out=0).training_labels == [0, 1] * 10


@pytest.mark.parametrize("x, message", [
    (np.zeros((10, 0)), "none of them empty"),
    (np.zeros((0, 3)), "none of them empty"),
    (np.zeros(10), "at least two axes"),
    (np.full((10, 2), np.nan), "finite values, got nan in sample 0"),
    (np.full((10, 2), 1e300), "finite values, got inf"),
    (np.zeros((10, 2), complex), "data.*expected numbers"),
    (np.ma.masked_less(X, 0), "without masked values"),
    ([[1.0, 2.0], [3.0]], "data.*array of numbers"),
])
def test_data_are_finite_numbers(x, message):
    with pytest.raises(ValueError, match=message):
        fk.datasets.from_array(x)


def test_targets_belong_to_samples():
    with pytest.raises(ValueError, match="a target for each of 20 samples"):
        fk.datasets.from_array(X, target=X[:19])
    with pytest.raises(ValueError, match=r"\[target\] expected finite"):
        fk.datasets.from_array(X, target=np.full((20, 2), np.inf))


def test_missing_values_are_removed_on_demand():
    x = X.copy()
    x[3, 1] = np.nan
    data = fk.datasets.from_array(x, labels=np.arange(20), remove_missing=True)
    assert len(data.training) == 19 and 3 not in data.training_labels
    assert np.isfinite(data.range).all()


# --- callables ------------------------------------------------------------------------------------------------------


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
    np.testing.assert_array_equal(likelihood(spoiled(tensor_score), spoiled(density)), likelihood(tensor_score, density))


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


# --- subnormals -----------------------------------------------------------------------------------------------------

def subnormals():
    return (np.array([1e-310]) * 1.0)[0] == 1e-310


def test_subnormals_are_left_as_they_were():
    seen = []

    def watching(x, t):
        seen.append(subnormals())
        return -1.0 * x

    tiny = fk.Mlp(hidden=(4,))
    tiny.build((2,))
    leaves = tiny.leaves()
    calls = [
        lambda: fk.solve(fk.OrnsteinUhlenbeck(), X, T),
        lambda: fk.solve(fk.OrnsteinUhlenbeck(), X, T, solver="sra1", tolerance=0.1),
        lambda: fk.solve(fk.FunctionSde(watching, lambda x, t: 1.0), X, T),
        lambda: fk.solve(fk.FunctionSde(watching, lambda x, t: 1.0), X, T, solver="sra1", tolerance=0.1),
        lambda: fk.solve(fk.OrnsteinUhlenbeck(), X, T, adjoint="tape"),
        lambda: fk.sample(watching, fk.VP(), n=4, steps=4, progress=lambda *_: seen.append(subnormals())),
        lambda: fk.sample(fk.GaussianMixture.ring().score(fk.VP()), fk.VP(), n=4, steps=4),
        lambda: fk.langevin(lambda x: watching(x, 0), log_density=lambda x: watching(x, 0).sum(1), chains=2, steps=9),
        lambda: fk.solve_ode(watching, X, 0, 1),
        lambda: fk.log_likelihood(watching, fk.VP(), X[:2], terminal=lambda x: -(watching(x, 0) ** 2).sum(1)),
        lambda: fk.diagnostics.summary(np.random.default_rng(0).normal(size=(50, 2))),
        lambda: fk.train(tiny, fk.VP(), X, steps=2, batch=4, progress=lambda *_: seen.append(subnormals())),
        lambda: fk.Adam(leaves).step([fk.Tensor(np.zeros(x.shape, "f4")) for x in leaves]),
        lambda: fk.brownian((2, 2), T),
        lambda: fk.orders("euler_maruyama", paths=30),
        lambda: fk.datasets.from_array(X, near_duplicates=0.01),
        lambda: fk.compare(watching, fk.VP(), reference=X, nfe=[2], solvers=["heun", "euler_maruyama"], seeds=2, n=20),
    ]
    for call in calls:
        call()
        assert subnormals(), call
    assert len(seen) > 50 and all(seen)
    # The library's own arithmetic flushes them, whatever the thread: a result does not depend on it.
    small = fk.solve(fk.OrnsteinUhlenbeck(0.0, 0.0), np.full((2, 1), 1e-310), [0.0, 1.0])[-1]
    assert (small == 0).all()


# --- precision ------------------------------------------------------------------------------------------------------

VALUES = np.array([[1 / 3, 0.1], [2 / 3, -7.0]])


@pytest.mark.parametrize("dtype, kept", [
    (">f8", "float64"), ("<f8", "float64"), (">f4", "float32"), ("f4", "float32"), ("f2", "float32"), (">f2", "float32"),
    ("i8", "float32"), (">i4", "float32"), ("u1", "float32"), ("?", "float32"),
])
def test_arrays_keep_their_precision(dtype, kept):
    for values in (VALUES.astype(dtype), VALUES.astype(dtype)[:, ::-1], np.asfortranarray(VALUES.astype(dtype))):
        tensor = fk.Tensor(values)
        assert tensor.dtype == kept
        np.testing.assert_array_equal(tensor.numpy(), values.astype("f8"))


def test_precision_that_would_be_lost():
    with pytest.raises(ValueError, match="longdouble|float128"):
        fk.Tensor(VALUES.astype(np.longdouble))
    assert fk.Tensor(VALUES.astype(np.longdouble), dtype="float64").dtype == "float64"
    with pytest.raises(ValueError, match=r"integers up to 2\*\*24"):
        fk.Tensor(np.array([2**24 + 1]))
    assert fk.Tensor(np.array([2**24 + 1]), dtype="float64").numpy()[0] == 2**24 + 1
    # Lists of Python's numbers state no precision; lists of NumPy's do.
    assert fk.Tensor([0.1, 0.2]).dtype == "float32"
    assert fk.Tensor([np.float64(0.1)]).dtype == fk.Tensor(list(VALUES)).dtype == "float64"

    class Wrapped:
        def __array__(self, dtype=None, copy=None):
            return VALUES
    assert fk.Tensor(Wrapped()).dtype == "float64"
    assert fk.solve(fk.OrnsteinUhlenbeck(), VALUES.astype(">f8"), T).dtype == np.float64


def test_scalars_and_masks_take_the_dtype_of_the_tensor():
    for dtype in ("f4", "f8"):
        values = VALUES.astype(dtype)
        x = fk.Tensor(values)
        for two in (2, 2.0, np.int64(2), np.float32(2), np.float64(2), np.float16(2), np.array(2), np.array(2.0), np.uint8(2)):
            for got, wanted in ((x * two, values * 2), (two * x, values * 2), (x + two, values + 2), (two - x, 2 - values),
                                (x - two, values - 2), (x / two, values / 2), (two / x, 2 / values), (x**two, values**2)):
                assert got.dtype == values.dtype.name
                np.testing.assert_allclose(got.numpy(), wanted, rtol=1e-6)
        mask = VALUES > 0
        np.testing.assert_array_equal((x * mask).numpy(), values * mask)
        np.testing.assert_array_equal(fk.where(mask, x, 0.0 * x).numpy(), np.where(mask, values, 0))
    with pytest.raises(ValueError, match="float32.*float64"):
        fk.Tensor(VALUES.astype("f4")) * VALUES
    with pytest.raises(TypeError):
        fk.Tensor(VALUES) * "2"
    with pytest.raises(TypeError):
        fk.Tensor(VALUES) + None


def test_a_drift_with_numpys_integers():
    sde = fk.FunctionSde(lambda x, t: np.int64(-2) * x, lambda x, t: np.int64(1))
    for x in (X, X.astype("f4")):
        path = fk.solve(sde, x, T, seed=3)
        wanted = fk.solve(fk.OrnsteinUhlenbeck(2.0, 1.0), x, T, seed=3)
        np.testing.assert_allclose(path, wanted, rtol=1e-5)
        assert path.dtype == x.dtype


def test_networks_take_single_precision():
    net = fk.Mlp(hidden=(4,))
    with pytest.raises(ValueError, match="build"):
        net(X, 0.5)
    net.build((2,))
    score = fk.network_score(net, fk.VP())
    for call in (lambda: net(X, 0.5), lambda: score(X, 0.5), lambda: fk.log_likelihood(score, fk.VP(), X),
                 lambda: fk.encode(score, fk.VP(), X), lambda: fk.sample(score, fk.VP(), dtype="float64", steps=2),
                 lambda: fk.solve(fk.ReverseSde(fk.VP(), score), X, [1.0, 0.5]),
                 lambda: fk.sample(fk.threshold(score, fk.VP()), fk.VP(), dtype="float64", steps=2, shape=(2,))):
        with pytest.raises(ValueError, match="expected x of float32, as the network's weights are, got float64"):
            call()
    assert net(X.astype("f4"), np.float64(0.5)).shape == net(X.astype("f4"), np.full(20, 0.5)).shape == (20, 2)
    for time in (np.zeros(19), np.zeros((20, 1)), "now", None):
        with pytest.raises(ValueError, match="time"):
            net(X.astype("f4"), time)
    with pytest.raises(ValueError, match="expected x of n samples"):
        net(np.zeros((20, 3), "f4"), 0.5)


# --- overrides ------------------------------------------------------------------------------------------------------

def test_overrides_that_would_be_ignored_are_refused():
    for base, method in ((fk.Network, "__call__"), (fk.Network, "parameters"), (fk.VP, "drift"), (fk.VP, "marginal"),
                         (fk.Sde, "diffusion"), (fk.OrnsteinUhlenbeck, "drift"), (fk.GaussianMixture, "score")):
        with pytest.raises(TypeError, match=f"another name than {method}.*ignored"):
            type("Mine", (base,), {method: lambda self, *_: None})
    mixin = type("Mixin", (), {"__call__": lambda self, x, time, labels=None: x})
    with pytest.raises(TypeError, match="ignored"):
        type("Mine", (mixin, fk.Network), {})
    parent = type("Fine", (fk.Network,), {"extra": lambda self: 3, "__repr__": lambda self: "fine"})
    with pytest.raises(TypeError, match="ignored"):
        type("Child", (parent,), {"__call__": lambda self, x, time: x})
    assert parent({"kind": "mlp", "hidden": [4]}, 0).extra() == 3

    class Decay(fk.FunctionSde):
        def __init__(self):
            super().__init__(self.drift, self.diffusion)

        def drift(self, x, t):
            return -1.0 * x

        def diffusion(self, x, t):
            return 1.0

    np.testing.assert_array_equal(fk.solve(Decay(), X, T), fk.solve(fk.OrnsteinUhlenbeck(), X, T))
