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
    (">f8", "float64"), ("<f8", "float64"), (">f4", "float32"), ("f4", "float32"), ("f2", "float32"),
    (">f2", "float32"),
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
        kinds = (np.int64, np.float32, np.float64, np.float16, np.array, np.uint8)
        for two in (2, 2.0, np.array(2.0), *(kind(2) for kind in kinds)):
            for got, wanted in ((x * two, values * 2), (two * x, values * 2), (x + two, values + 2),
                                (x**two, values**2),
                                (x - two, values - 2), (x / two, values / 2), (two / x, 2 / values),
                                (two - x, 2 - values)):
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
