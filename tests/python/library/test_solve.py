"""SDEs written in Python, solved by the C++ solvers."""

import fokker as fk
import numpy as np
import pytest

X = np.full((400, 1), 1.0)


def gbm(calculus="ito"):
    return fk.FunctionSde(lambda x, t: 0.3 * x, lambda x, t: 0.8 * x, noise="diagonal", calculus=calculus)


@pytest.mark.parametrize("solver", fk.solvers.steppers())
def test_a_python_sde_has_the_path_of_the_same_sde_in_cpp(solver):
    t = np.linspace(0, 1, 17)
    ours, theirs = gbm(), fk.GeometricBrownianMotion(0.3, 0.8)
    try:
        wanted = fk.solve(theirs, X, t, solver=solver, seed=3)
    except ValueError as refusal:
        assert "solvers that fit" in str(refusal)
        with pytest.raises(ValueError, match="solvers that fit"):
            fk.solve(ours, X, t, solver=solver, seed=3)
        return
    got = fk.solve(ours, X, t, solver=solver, seed=3)
    assert got.shape == (17, 400, 1)
    np.testing.assert_array_equal(got[0], X)
    np.testing.assert_allclose(got, wanted, rtol=1e-12)


def test_the_error_on_one_path_falls_with_the_step():
    def error(solver, steps):
        x = fk.solve(gbm(), X, np.linspace(0, 1, steps + 1), solver=solver, seed=1, same_path=True)[-1]
        fine = fk.solve(gbm(), X, np.linspace(0, 1, 1025), solver="sriw1", seed=1, same_path=True)[-1]
        return np.sqrt(np.mean((x - fine) ** 2))

    assert error("sriw1", 64) < 0.2 * error("milstein", 64) < 0.2 * error("euler_maruyama", 64)
    # Independent increments are another path: no convergence.
    other = fk.solve(gbm(), X, np.linspace(0, 1, 65), solver="sriw1", seed=1)[-1]
    same = fk.solve(gbm(), X, np.linspace(0, 1, 65), solver="sriw1", seed=1, same_path=True)[-1]
    assert np.abs(other - same).mean() > 0.1


def test_error_control_follows_the_same_path():
    t = np.linspace(0, 1, 9)
    fine = fk.solve(gbm(), X, np.linspace(0, 1, 1025), solver="sriw1", seed=1, same_path=True)[::128]

    def error(tolerance, solver="sriw1"):
        x = fk.solve(gbm(), X, t, solver=solver, seed=1, tolerance=tolerance)
        assert x.shape == (9, 400, 1)
        np.testing.assert_array_equal(x[0], X)
        return np.sqrt(np.mean((x - fine) ** 2, axis=(1, 2)))[1:]

    assert (error(0.001) < 0.3 * error(0.1)).all()
    assert error(0.01, "milstein").max() < 0.1
    end = fk.solve(gbm(), X, t, solver="sriw1", seed=1, tolerance=0.01)[-1]
    np.testing.assert_array_equal(fk.solve(gbm(), X, [0, 1], solver="sriw1", seed=1, tolerance=0.01)[-1], end)
    np.testing.assert_array_equal(fk.solve(gbm(), X[:7], [0, 1], solver="sriw1", seed=1, tolerance=0.01)[-1], end[:7])
    with pytest.raises(ValueError, match="wrong limit.*milstein"):
        fk.solve(gbm(), X, t, tolerance=0.01)
    with pytest.raises(ValueError, match="tolerance: expected a value > 0"):
        fk.solve(gbm(), X, t, solver="sriw1", tolerance=0)
    with pytest.raises(ValueError, match="monotone"):
        fk.solve(gbm(), X, [0, 1, 0.5], solver="sriw1", tolerance=0.1)
    with pytest.raises(ValueError, match="no adjoint"):
        fk.solve(gbm(), X, t, solver="sriw1", tolerance=0.1, adjoint="tape")
    with pytest.raises(ArithmeticError, match="sample 0 does not meet the tolerance"):
        fk.solve(gbm(), X, t, solver="sriw1", tolerance=1e-18)


def test_stiff_drift():
    stiff = fk.FunctionSde(lambda x, t: -1000 * x, lambda x, t: 1.0, noise="additive")
    t = np.linspace(0, 1, 41)
    for solver in ["implicit_euler", "skrock"]:
        assert np.abs(fk.solve(stiff, X, t, solver=solver)[-1]).max() < 1
    assert np.abs(fk.solve(stiff, X, t, solver="euler_maruyama")[-1]).max() > 1e30
    with pytest.raises(ValueError, match="cannot be differentiated"):
        numpy_drift = fk.FunctionSde(lambda x, t: -np.asarray(x), lambda x, t: 1.0)
        fk.solve(numpy_drift, X, t, solver="implicit_euler")


def test_conversion_between_the_calculi():
    t = np.linspace(0, 1, 513)
    ito = fk.solve(gbm(), X, t, solver="milstein", seed=2, same_path=True)[-1]
    converted = fk.to_stratonovich(gbm())
    assert converted.calculus == "stratonovich"
    stratonovich = fk.solve(converted, X, t, solver="stochastic_heun", seed=2, same_path=True)[-1]
    np.testing.assert_allclose(stratonovich, ito, rtol=0.05)
    unconverted = fk.solve(gbm("stratonovich"), X, t, solver="stochastic_heun", seed=2, same_path=True)[-1]
    np.testing.assert_allclose(unconverted, ito * np.exp(0.32), rtol=0.05)  # the correction, ½ 0.8²


def test_general_noise_and_numpy_functions():
    matrix = np.array([[1.0, 0.5, 0.0], [0.0, 0.5, 1.0]])
    sde = fk.FunctionSde(
        lambda x, t: -np.asarray(x), lambda x, t: np.tile(matrix, (len(np.asarray(x)), 1, 1)), noise="general", brownian=3
    )
    x = fk.solve(sde, np.zeros((20_000, 2)), np.linspace(0, 1, 101), solver="dri1", seed=5)[-1]
    wanted = matrix @ matrix.T * (1 - np.exp(-2)) / 2
    np.testing.assert_allclose(np.cov(x.T), wanted, atol=4.5 * wanted.max() * np.sqrt(2 / 20_000))


def test_brownian_is_the_noise_that_solve_takes():
    t = np.linspace(0, 1, 9)
    motion = fk.OrnsteinUhlenbeck(0.0, 1.0)  # x = B
    for same_path in (False, True):
        (w,) = fk.brownian((5, 2), t, seed=4, same_path=same_path)
        x = fk.solve(motion, np.zeros((5, 2)), t, seed=4, same_path=same_path)
        np.testing.assert_allclose(np.diff(x, axis=0), w, atol=1e-14)
    w, h, k = fk.brownian((5, 2), t, seed=4, areas=2, same_path=True)
    coarse_w, coarse_h, _ = fk.brownian((5, 2), t[::2], seed=4, areas=2, same_path=True)
    np.testing.assert_allclose(w[::2] + w[1::2], coarse_w, atol=1e-14)
    np.testing.assert_allclose((w[::2] - w[1::2]) / 4 + (h[::2] + h[1::2]) / 2, coarse_h, atol=1e-14)
    many = fk.brownian((40_000, 1), [0.0, 0.5], areas=2)
    for part, variance in zip(many, (0.5, 0.5 / 12, 0.5 / 720)):
        assert abs(part.var() / variance - 1) < 4.5 * np.sqrt(2 / 40_000)
    with pytest.raises(ValueError, match="areas"):
        fk.brownian((5, 2), t, areas=3)


def test_python_functions_get_the_whole_batch_and_the_end_is_the_end_of_the_path():
    rows = []

    def drift(x, t):
        rows.append(len(np.asarray(x)))
        return -1.0 * x

    t, x = np.linspace(0, 1, 5), np.ones((5000, 2))
    ours = fk.FunctionSde(drift, lambda x, t: 1.0)
    path = fk.solve(ours, x, t, seed=2)
    assert rows == [5000] * 4
    for sde in (ours, fk.OrnsteinUhlenbeck(), fk.to_stratonovich(ours)):
        end = fk.solve(sde, x, t, seed=2, frames=t[-1:])
        assert end.shape == (1, *x.shape)
        np.testing.assert_array_equal(end[0], path[-1])
    assert set(rows) == {5000}
    np.testing.assert_array_equal(fk.solve(ours, x[:7], t, seed=2, frames=t[-1:]), path[-1:, :7])


def test_examples():
    x = fk.solve(fk.lorenz(), np.ones((8, 3)), np.linspace(0, 5, 5001), solver="sra1")
    assert np.isfinite(x).all() and 5 < x[2000:, :, 2].mean() < 40
    prey = fk.solve(fk.lotka_volterra(noise=0), np.array([[0.5, 1.5]]), np.linspace(0, 20, 20001), solver="sriw2")
    level = prey.sum(2) - np.log(prey).sum(2)
    np.testing.assert_allclose(level, level[0, 0], rtol=1e-6)


def test_errors():
    with pytest.raises(ValueError, match="noise to be"):
        fk.FunctionSde(lambda x, t: x, lambda x, t: x, noise="white")
    with pytest.raises(ValueError, match="calculus"):
        fk.FunctionSde(lambda x, t: x, lambda x, t: x, calculus="malliavin")
    with pytest.raises(ValueError, match="milstein_free"):
        numpy_noise = fk.FunctionSde(lambda x, t: x, lambda x, t: np.asarray(x), noise="diagonal")
        fk.solve(numpy_noise, X, [0, 1], solver="milstein")
    with pytest.raises(ValueError, match="monotone"):
        fk.solve(gbm(), X, [0, 0.5, 0.2])
    with pytest.raises(ArithmeticError, match="step 2 of 2"):
        nan_late = fk.FunctionSde(lambda x, t: x * (np.nan if t > 0.4 else 1), lambda x, t: 1.0 * x, noise="diagonal")
        fk.solve(nan_late, X, [0, 0.5, 1])
    with pytest.raises(ZeroDivisionError):
        fk.solve(fk.FunctionSde(lambda x, t: 1 / 0, lambda x, t: x, noise="diagonal"), X, [0, 1])
    with pytest.raises(ValueError, match='unknown "sosri"'):
        fk.sample(lambda x, t: -x, fk.VP(), solver="sosri")


def test_no_frames_are_no_states():
    sde, x = fk.OrnsteinUhlenbeck(), np.ones((3, 2))
    t = np.linspace(0, 1, 5)
    for keywords in ({}, {"tolerance": 0.1}):
        assert fk.solve(sde, x, t, frames=[], **keywords).shape == (0, 3, 2)
    assert fk.solve(sde, x.astype("float32"), t, frames=np.array([])).dtype == np.float32
    assert fk.solve(sde, fk.Tensor(x).leaf(), t, frames=[], adjoint="tape").shape == (0, 3, 2)
    with pytest.raises(fk.ConfigError, match="unknown"):
        fk.solve(sde, x, t, frames=[], solver="eulr")


def test_empty_lists_are_answered():
    """Of nothing comes nothing, or an error that says what was expected; never the default."""
    mixture, vp, x = fk.GaussianMixture.ring(), fk.VP(), np.ones((3, 2))
    assert fk.interpolate(mixture, vp, x, -x, weights=[]).shape == (0, 3, 2)
    for call, message in [
        (lambda: fk.solve(vp, x, []), "at least"),
        (lambda: fk.brownian((3, 2), []), "at least"),
        (lambda: fk.orders([]), "at least one solver"),
        (lambda: fk.compare(mixture, vp, solvers=[]), "solver"),
        (lambda: fk.compare(mixture, vp, nfe=[]), "nfe"),
        (lambda: fk.GaussianMixture([], 1.0), "at least one mean"),
        (lambda: fk.Mlp(hidden=()), "hidden"),
    ]:
        with pytest.raises((ValueError, fk.ConfigError), match=message):
            call()
