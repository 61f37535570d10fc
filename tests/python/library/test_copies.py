"""Objects with Python's callables inside: freed by the garbage collector, pickled and copied."""

import copy
import gc
import pickle
import weakref

import fokker as fk
import numpy as np
import pytest

X = np.linspace(-1, 1, 40).reshape(20, 2)
T = np.linspace(0, 1, 9)


def score(x, t):
    return -x


# --- the garbage collector ------------------------------------------------------------------------------------------

class Owner:
    def f(self, x, t):
        return -1.0 * x

    def g(self, x, t):
        return 1.0


@pytest.mark.parametrize("make", [
    lambda o: fk.FunctionSde(o.f, o.g),
    lambda o: fk.LangevinSde(o.f, 0.1),
    lambda o: fk.UnderdampedLangevin(o.f, 0.1),
    lambda o: fk.ReverseSde(fk.VP(), o.f),
    lambda o: fk.to_stratonovich(fk.FunctionSde(o.f, o.g)),
    lambda o: fk.threshold(o.f, fk.VP()),
    lambda o: fk.guide(o.f, o.g, fk.VP(), 2.0),
    lambda o: fk.guide_by_classifier(fk.threshold(o.f, fk.VP()), o.g, fk.VP()),
    lambda o: fk.LangevinSde(fk.threshold(o.f, fk.VP()), 0.1),
], ids=range(9))
def test_an_object_that_holds_what_was_made_of_its_methods_is_freed(make):
    owner = Owner()
    owner.made = make(owner)
    gone = weakref.ref(owner)
    gc.collect()
    assert gone() is owner
    del owner
    gc.collect()
    assert gone() is None


def test_what_is_used_is_not_freed():
    owner = Owner()
    x = fk.Tensor(X).leaf()
    owner.sde = fk.FunctionSde(owner.f, owner.g)
    end = fk.solve(owner.sde, x, T, adjoint="checkpoint")
    converted, guided = fk.to_stratonovich(owner.sde), fk.threshold(fk.threshold(owner.f, fk.VP()), fk.VP())
    del owner
    gc.collect()
    assert np.isfinite(fk.grad(end, x).numpy()).all()
    assert np.isfinite(fk.solve(converted, X, T, solver="stochastic_heun")).all()
    assert np.isfinite(guided(X, 0.5).numpy()).all()


# --- pickle and copy ------------------------------------------------------------------------------------------------

def diffusion(x, t):
    return 0.5


SDES = [
    fk.VP(0.2, 10), fk.SubVP(0.2, 10), fk.VE(0.1, 5), fk.EDM(0.1, 5), fk.Cosine(), fk.RectifiedFlow(),
    fk.TrigonometricFlow(), fk.OrnsteinUhlenbeck(0.5, 2), fk.GeometricBrownianMotion(0.1, 0.2), fk.DoubleWell(0.5, 1),
    fk.FunctionSde(score, diffusion, calculus="stratonovich", name="mine"), fk.LangevinSde(score, 0.3),
    fk.ReverseSde(fk.VP(0.2, 10), score, 0.5), fk.to_stratonovich(fk.FunctionSde(score, diffusion)),
    fk.lorenz(0.5), fk.lotka_volterra(1, 2, 3, 0.1),
]
COPIES = [lambda o: pickle.loads(pickle.dumps(o)), copy.deepcopy, copy.copy]


@pytest.mark.parametrize("again", COPIES)
@pytest.mark.parametrize("sde", SDES, ids=lambda sde: sde.name)
def test_sdes_are_copied(sde, again):
    other = again(sde)
    assert type(other) is type(sde) and other.name == sde.name and other.calculus == sde.calculus
    x = np.full((2, 3 if sde.name == "lorenz" else 2), 0.7)
    for t in (0.25, 0.5):
        np.testing.assert_array_equal(other.drift(x, t).numpy(), sde.drift(x, t).numpy())
        np.testing.assert_array_equal(other.diffusion(x, t).numpy(), sde.diffusion(x, t).numpy())


@pytest.mark.parametrize("again", COPIES)
def test_values_are_copied(again):
    at = again(fk.VP().marginal(0.3))
    assert tuple(at) == tuple(fk.VP().marginal(0.3))
    for mixture in (fk.GaussianMixture([[0.0], [2.0], [3.0]], [0.1, 0.2, 0.3], [1, 2, 4]), fk.GaussianMixture.ring(7)):
        x = np.full((3, mixture.dimension), 0.4)
        np.testing.assert_array_equal(again(mixture).log_density(x).numpy(), mixture.log_density(x).numpy())
        np.testing.assert_array_equal(again(mixture).sample(9).numpy(), mixture.sample(9).numpy())
    tensor = again(fk.Tensor(X))
    np.testing.assert_array_equal(tensor.numpy(), X)


@pytest.mark.parametrize("again", COPIES)
def test_networks_are_copied(again):
    fresh = again(fk.Mlp(hidden=(8,), seed=3))
    net = fk.Mlp(hidden=(8,), seed=3)
    x, t = X.astype("f4"), np.full(20, 0.5, "f4")
    fresh.build((2,)), net.build((2,))
    np.testing.assert_array_equal(fresh(x, t).numpy(), net(x, t).numpy())
    for values in net.parameters.values():
        values += 0.25
    other = again(net)
    np.testing.assert_array_equal(other(x, t).numpy(), net(x, t).numpy())
    for values in other.parameters.values():
        values += 1
    assert not np.array_equal(other(x, t).numpy(), net(x, t).numpy())


def test_other_processes_take_sdes():
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        far = pool.submit(fk.solve, fk.OrnsteinUhlenbeck(0.5, 2), X, T, seed=4).result()
    np.testing.assert_array_equal(far, fk.solve(fk.OrnsteinUhlenbeck(0.5, 2), X, T, seed=4))


def test_what_cannot_be_pickled_says_so():
    with pytest.raises((AttributeError, pickle.PicklingError, TypeError)):
        pickle.dumps(fk.FunctionSde(lambda x, t: x, diffusion))
    with pytest.raises(TypeError, match="pickle"):
        pickle.dumps(fk.threshold(score, fk.VP()))
