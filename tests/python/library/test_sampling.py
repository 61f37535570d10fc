"""Sampling: laws against exact ones, invariances, callables, interruption."""

import os
import pathlib
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

import fokker as fk

N = 20_000
MEAN, DEVIATION = 0.7, 0.5


def gaussian_score(sde, sign=1.0):
    """The exact score of N(MEAN, DEVIATION²) diffused by `sde`, as plain NumPy."""

    def score(x, t):
        alpha, sigma = sde.marginal(t)
        return -sign * (x - alpha * MEAN) / (alpha**2 * DEVIATION**2 + sigma**2)

    return score


def z_scores(values, sde):
    """Of mean and variance of independent draws, in standard errors, against the law at t_min as the denoiser maps it."""
    values = values.astype(np.float64).ravel()
    alpha, sigma = sde.marginal(sde.t_min)
    total = alpha**2 * DEVIATION**2 + sigma**2
    # E[x₀ | x] is linear: mean MEAN, variance (α s²)² / (α² s² + σ²).
    variance = (alpha * DEVIATION**2) ** 2 / total
    mean_error = (values.mean() - MEAN) / np.sqrt(variance / values.size)
    variance_error = (values.var() / variance - 1) / np.sqrt(2 / values.size)
    return mean_error, variance_error


@pytest.mark.parametrize("solver", ["euler_maruyama", "sra1", "stochastic_heun", "heun", "probability_flow"])
@pytest.mark.parametrize("sde", [fk.VP(), fk.SubVP()], ids=["vp", "sub_vp"])
def test_law_of_a_gaussian(solver, sde):
    x = fk.sample(gaussian_score(sde), sde, solver=solver, steps=400, n=N, seed=1, shape=(1,), grid="log_snr")
    assert x.values.shape == (N, 1) and np.isfinite(x.values).all()
    mean, variance = z_scores(x.values, sde)
    # Sampling error 4.5 standard errors, and a relative bias of 1 % of a first-order method on this grid.
    bias = 0.01 / np.sqrt(2 / N) if solver == "euler_maruyama" else 0.003 / np.sqrt(2 / N)
    assert abs(mean) < 4.5 + bias and abs(variance) < 4.5 + bias


def test_wrong_sign_is_noticed():
    sde = fk.VP()
    x = fk.sample(gaussian_score(sde, sign=-1), sde, solver="sra1", steps=400, n=500, shape=(1,), denoise=False, dtype="float64")
    mean, variance = z_scores(x.values, sde)
    assert max(abs(mean), abs(variance)) > 100


def test_callable_is_called_once_a_step_with_the_whole_batch():
    calls = []

    def score(x, t):
        assert isinstance(x, np.ndarray) and isinstance(t, float)
        calls.append((x.shape, t))
        return -x

    x = fk.sample(score, fk.VP(), solver="euler_maruyama", steps=50, n=5000, shape=(3, 2))
    assert len(calls) == 51 and {shape for shape, _ in calls} == {(5000, 3, 2)}
    assert x.nfe == 51 and all(a > b for (_, a), (_, b) in zip(calls, calls[1:-1]))


def test_callable_and_exact_score_give_the_same():
    mixture, sde = fk.GaussianMixture.ring(), fk.VP()
    exact = mixture.score(sde)
    a = fk.sample(exact, sde, solver="sra1", steps=30, n=300, seed=3)
    b = fk.sample(lambda x, t: exact(x, t), sde, solver="sra1", steps=30, n=300, seed=3)
    assert np.array_equal(a.values, b.values)
    c = fk.sample(mixture, sde, solver="sra1", steps=30, n=300, seed=3)
    assert np.array_equal(a.values, c.values)


def test_callable_may_differentiate():
    mixture, sde = fk.GaussianMixture.ring(), fk.VP()

    def score(x, t):
        return fk.grad(lambda y: mixture.diffused(sde, t).log_density(y))(x)

    a = fk.sample(score, sde, steps=20, n=100, dtype="float64")
    b = fk.sample(mixture, sde, steps=20, n=100, dtype="float64")
    np.testing.assert_allclose(a.values, b.values, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("solver", fk.solvers.names())
def test_same_bits_for_any_number_of_samples_and_threads(solver):
    mixture, sde = fk.GaussianMixture.ring(), fk.VP()
    before = fk.thread_count()
    try:
        fk.set_thread_count(1)
        all_samples = fk.sample(mixture, sde, solver=solver, steps=10, n=3000, seed=5)
        fk.set_thread_count(3)
        again = fk.sample(mixture, sde, solver=solver, steps=10, n=3000, seed=5)
        few = fk.sample(mixture, sde, solver=solver, steps=10, n=7, seed=5)
    finally:
        fk.set_thread_count(before)
    assert np.array_equal(all_samples.values, again.values)
    assert np.array_equal(all_samples.values[:7], few.values)
    other = fk.sample(mixture, sde, solver=solver, steps=10, n=7, seed=6)
    assert not np.array_equal(few.values, other.values)


def test_modes_of_a_mixture():
    mixture, sde = fk.GaussianMixture([[-1, 0], [1, 0]], 0.1, [0.25, 0.75]), fk.VP()
    x = fk.sample(mixture, sde, solver="sra1", steps=200, n=N, grid="log_snr").values
    share = (x[:, 0] > 0).mean()
    assert abs(share - 0.75) < 4.5 * np.sqrt(0.75 * 0.25 / N) + 0.005


def test_trajectory():
    sde = fk.VP()
    x = fk.sample(fk.GaussianMixture.ring(), sde, steps=20, n=10, trajectory=5, denoise=False)
    assert x.trajectory.shape == (5, 10, 2) and x.times.shape == (5,)
    assert x.times[0] == sde.t_max and x.times[-1] == pytest.approx(sde.t_min)
    assert np.array_equal(x.trajectory[-1], x.values)


def test_given_times():
    mixture, sde = fk.GaussianMixture.ring(), fk.VP()
    times = np.linspace(1, 0.001, 11) ** 2
    x = fk.sample(mixture, sde, times=times, n=10, trajectory=11, denoise=False)
    assert np.array_equal(x.times, times) and x.nfe == 10 and x.config["steps"] == 10
    by_grid = fk.sample(mixture, sde, times=np.linspace(1, 0.001, 11), n=10)
    np.testing.assert_allclose(by_grid.values, fk.sample(mixture, sde, steps=10, t_min=0.001, n=10).values, rtol=1e-4)
    with pytest.raises(fk.ConfigError, match="fall"):
        fk.sample(mixture, sde, times=[0.5, 1.0])


def test_seeds():
    sde, mixture = fk.VP(), fk.GaussianMixture.ring()
    a = fk.sample(mixture, sde, steps=5, n=4, seed=np.random.default_rng(0))
    b = fk.sample(mixture, sde, steps=5, n=4, seed=np.random.default_rng(0))
    assert np.array_equal(a.values, b.values)
    with pytest.raises(TypeError, match="int"):
        fk.sample(mixture, sde, seed=0.5)
    with pytest.raises(ValueError, match="2\\*\\*63"):
        fk.sample(mixture, sde, seed=-1)


@pytest.mark.parametrize(
    "keywords, message",
    [
        ({"solver": "sra_1"}, "sra1"),
        ({"stepz": 3}, "did you mean steps"),
        ({"steps": 0}, "steps"),
        ({"steps": "many"}, "steps"),
        ({"grid": "lin"}, "grid"),
        ({"eta": -1.0}, "eta"),
        ({"solver": "eulr"}, 'did you mean "euler_maruyama" or "euler_heun"'),
        ({"solver": "dpm++2m"}, 'did you mean "dpmpp_2m"'),
        ({"grid": "logsnr"}, 'did you mean "log_snr"'),
        ({"clock": "SNR"}, 'did you mean "snr"'),
        ({"x": np.zeros((2, 2), "float32")}, "x: unknown key"),
        ({"steps": np.zeros((8, 8))}, r"\[keywords\] steps: expected an integer \(.*\), got an array of shape \(8, 8\)"),
        ({"steps": 2**70}, r"steps: expected an integer \(.*\), got 1180591620717411303424"),
        ({"steps": object()}, r"steps: expected an integer \(.*\), got <object object"),
        ({"churn": {"amount": np.zeros((2, 2))}}, r"churn\.amount: expected .*, got an array of shape \(2, 2\)"),
        ({"solver": "dpmpp_2m_sde", "eta": 12.0}, r"\[eta\] dpmpp_2m_sde: expected at most 4"),
    ],
)
def test_wrong_keywords(keywords, message):
    with pytest.raises(fk.ConfigError, match=message):
        fk.sample(fk.GaussianMixture.ring(), fk.VP(), n=2, **keywords)


def test_numbers_of_numpy_are_numbers():
    mixture, sde = fk.GaussianMixture.ring(), fk.VP()
    plain = fk.sample(mixture, sde, n=4, solver="ddim", times=[1.0, 0.5, 0.125], eta=0.5, denoise=False, seed=2**63 - 1)
    numpy = fk.sample(mixture, sde, n=np.int32(4), solver=np.str_("ddim"), times=np.array([1, 0.5, 0.125], "float32"),
                      eta=np.float32(0.5), denoise=np.bool_(False), seed=np.uint64(2**63 - 1))
    assert np.array_equal(plain.values, numpy.values) and plain.config == numpy.config


def test_wrong_scores():
    with pytest.raises(fk.ConfigError, match="callable"):
        fk.sample(3, fk.VP(), n=2)
    with pytest.raises(fk.ShapeError, match=r"\[2, 2\].*\[2\]"):
        fk.sample(lambda x, t: x[:, 0], fk.VP(), n=2)
    with pytest.raises(fk.NumericalError, match="step"):
        fk.sample(lambda x, t: x * np.nan, fk.VP(), n=2)
    with pytest.raises(ZeroDivisionError):
        fk.sample(lambda x, t: 1 / 0, fk.VP(), n=2)


def test_progress_is_shown_and_may_stop():
    seen = []
    fk.sample(fk.GaussianMixture.ring(), fk.VP(), steps=50, n=200_000, progress=lambda done, total: seen.append((done, total)))
    assert seen and seen[-1][0] == seen[-1][1] and seen == sorted(seen)

    def stop(done, total):
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        fk.sample(fk.GaussianMixture.ring(), fk.VP(), steps=1000, n=1_000_000, progress=stop)


SLOW = {
    "exact": "fk.GaussianMixture.ring()",
    "callable": "lambda x, t: -x",
}


@pytest.mark.parametrize("score", SLOW)
def test_ctrl_c(score):
    code = f"""
import fokker as fk, time, sys
sde = fk.VP()
fk.sample({SLOW[score]}, sde, steps=2, n=10)
print("ready", flush=True)
try:
    fk.sample({SLOW[score]}, sde, steps=100_000, n=20_000)
except KeyboardInterrupt:
    print(time.time(), flush=True)
    sys.exit(7)
"""
    package = pathlib.Path(fk.__file__).resolve().parent
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    assert package.exists()
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=environment)
    assert process.stdout.readline() == "ready\n"
    time.sleep(0.4)
    sent = time.time()
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=20)
    assert process.returncode == 7
    # 100 ms on an idle machine; the tests share theirs.
    assert float(output) - sent < 0.5


def test_samples_object():
    x = fk.sample(fk.GaussianMixture.ring(), fk.VP(), steps=5, n=16, trajectory=3)
    assert len(x) == 16 and np.asarray(x).shape == (16, 2) and "evaluations" in repr(x) and "<pre>" in x._repr_html_()
    xarray = pytest.importorskip("xarray")
    data = x.to_xarray()
    assert isinstance(data, xarray.Dataset) and data.x.dims == ("sample", "component")
    assert data.trajectory.dims == ("time", "sample", "component") and data.attrs["solver"] == "euler_maruyama"
    images = fk.sample(lambda x, t: -x, fk.VP(), steps=5, n=5, shape=(8, 6, 1))
    assert images.grid().shape == (16, 18, 1) and images.to_xarray().image.dims == ("sample", "y", "x", "channel")
    pytest.importorskip("matplotlib").use("Agg")
    assert "data:image/png" in images._repr_html_()
    assert images.plot() is not None and x.plot() is not None
