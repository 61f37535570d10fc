"""Gradients through paths from Python: the three adjoints, a network, memory, torchsde, the neural SDE."""

import pathlib
import runpy
import subprocess
import sys

import fokker as fk
import numpy as np
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[3]
PEERS = ROOT / "build/peers/bin/python"
X = np.random.default_rng(0).normal(size=(6, 2))
T = np.linspace(0, 1, 33)


def leaf(values):
    return fk.Tensor(np.array(values, dtype=np.float64)).leaf()


def sde_of(theta, noise="diagonal"):
    def drift(x, t):
        return theta[0] * fk.tanh(x) - theta[1] * x * (1 + 0.3 * t)

    diffusion = {
        "additive": lambda x, t: theta[2] * (1 + 0.5 * t),
        "diagonal": lambda x, t: theta[2] * (1 + 0.4 * fk.sin(x)),
        "general": lambda x, t: fk.concat([theta[2] * fk.cos(x), x, 0.3 * fk.sin(x)], 1).reshape(len(x), 2, 3),
    }[noise]
    brownian = 3 if noise == "general" else 0
    return fk.FunctionSde(drift, diffusion, noise=noise, calculus="stratonovich", brownian=brownian)


def gradients(adjoint, noise="diagonal", dtype="float64", **keywords):
    theta, x0 = (fk.Tensor(np.array(v, dtype=dtype)).leaf() for v in ([0.8, 0.5, 0.6], X))
    x = fk.solve(
        sde_of(theta, noise), x0, T, solver="reversible_heun", adjoint=adjoint, parameters=[theta], seed=4, **keywords
    )
    assert isinstance(x, fk.Tensor) and x.tracked
    return x.numpy(), [g.numpy() for g in fk.grad((x * x * x).mean(), [x0, theta])]


@pytest.mark.parametrize("noise", ["additive", "diagonal", "general"])
@pytest.mark.parametrize("same_path", [False, True])
def test_three_ways_to_the_same_gradient(noise, same_path):
    path, wanted = gradients("tape", noise, same_path=same_path)
    assert path.shape == (33, 6, 2)
    for keywords in [{"adjoint": "checkpoint"}, {"adjoint": "checkpoint", "segment": 4}, {"adjoint": "reversible"}]:
        other, found = gradients(noise=noise, same_path=same_path, **keywords)
        np.testing.assert_allclose(other, path, rtol=1e-13)
        for a, b in zip(found, wanted):
            np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)
    array = fk.solve(sde_of(np.array([0.8, 0.5, 0.6]), noise), X, T, solver="reversible_heun", seed=4, same_path=same_path)
    assert isinstance(array, np.ndarray)
    np.testing.assert_allclose(array, path, rtol=1e-13)
    assert np.abs(gradients("tape", noise, same_path=not same_path)[1][1] - wanted[1]).max() > 1e-3


def test_single_precision():
    path, wanted = gradients("tape", dtype="float32")
    assert path.dtype == np.float32
    for adjoint in ["checkpoint", "reversible"]:
        for a, b in zip(gradients(adjoint, dtype="float32")[1], wanted):
            np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


def test_frames():
    whole, _ = gradients("tape")
    for adjoint in ["tape", "checkpoint", "reversible"]:
        some, _ = gradients(adjoint, frames=[0.0, 0.25, 1.0])
        np.testing.assert_allclose(some, whole[[0, 8, 32]], rtol=1e-13)
    with pytest.raises(ValueError, match="frames"):
        gradients("tape", frames=[0.3])


def test_errors():
    with pytest.raises(ValueError, match="tape"):
        gradients("tapes")
    theta = leaf([0.8, 0.5, 0.6])
    with pytest.raises(ValueError, match="parameters"):
        fk.solve(sde_of(theta), X, T, solver="reversible_heun", adjoint="checkpoint")
    with pytest.raises(ValueError, match="reversible_heun"):
        fk.solve(sde_of(theta), X, T, solver="stochastic_heun", adjoint="reversible", parameters=[theta])
    x = fk.solve(sde_of(theta), X, T, solver="reversible_heun", adjoint="reversible", parameters=[theta])
    with pytest.raises(ValueError, match="first derivatives"):
        fk.grad(x.sum(), theta, create_graph=True)
    right = fk.grad(x.sum(), theta).numpy().copy()
    theta.numpy()[0] += 0.1  # before the backward pass: other values than those of the path
    with pytest.raises(ArithmeticError, match="keep the values"):
        fk.grad(x.sum(), theta)
    theta.numpy()[0] -= 0.1
    np.testing.assert_allclose(fk.grad(x.sum(), theta).numpy(), right, rtol=1e-8)


def test_an_exception_of_the_drift_passes_through_the_backward_pass():
    theta, broken = leaf([1.0]), []

    def drift(x, t):
        if broken:
            raise KeyError("in the drift")
        return theta * x

    sde = fk.FunctionSde(drift, lambda x, t: 1.0 + 0 * x)
    x = fk.solve(sde, X, T, adjoint="checkpoint", parameters=[theta])
    broken.append(True)
    with pytest.raises(KeyError, match="in the drift"):
        fk.grad(x.sum(), theta)
    broken.clear()
    assert np.isfinite(fk.grad(x.sum(), theta).numpy()).all()


def test_a_network_as_the_drift_is_fitted_by_adam():
    network = fk.FeedForward(hidden=(16,), seed=1)
    network.build((2,))
    weights = network.leaves()
    assert sum(w.size for w in weights) == network.parameter_count and all(w.tracked for w in network.leaves())
    sde = fk.FunctionSde(lambda x, t: network(x, t), lambda x, t: 0.1 + 0 * x)
    start = X.astype(np.float32)
    adam = fk.Adam(weights, learning_rate=2e-2)
    losses = []
    for _ in range(60):
        x = fk.solve(sde, start, T, frames=[1.0], adjoint="checkpoint", parameters=weights, seed=2)
        loss = ((x[0] - 1.5) * (x[0] - 1.5)).mean()
        adam.step(fk.grad(loss, weights), max_norm=10)
        losses.append(loss.item())
    assert adam.steps == 60 and losses[-1] < 0.05 * losses[0]
    assert network.parameters["layers.0.bias"].shape == (16,)


PEAK = """
import sys
import fokker as fk, numpy as np
theta = fk.Tensor(np.array([0.7])).leaf()
sde = fk.FunctionSde(lambda x, t: -theta * fk.tanh(x), lambda x, t: 1.0 + 0 * x)
def gradient(steps):
    x = fk.solve(sde, np.ones((20_000, 1)), np.linspace(0, 1, steps + 1), solver="reversible_heun", frames=[1.0],
                 adjoint=sys.argv[1], parameters=[theta])
    return fk.grad(x.sum(), theta)
def peak():  # of this program alone: ru_maxrss would begin at the parent's
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
gradient(2)
before = peak()
gradient(256)
print((peak() - before) / 1024)
"""


def test_memory():
    def peak(adjoint):  # MiB
        paths = {"PYTHONPATH": ":".join(sys.path)}
        command = [sys.executable, "-c", PEAK, adjoint]
        return float(subprocess.run(command, capture_output=True, text=True, check=True, env=paths).stdout)

    tape, checkpoint, reversible = peak("tape"), peak("checkpoint"), peak("reversible")
    assert tape > 60
    assert checkpoint < tape / 4
    assert reversible < 4


TORCHSDE = """
import sys
import numpy as np, torch, torchsde
given = np.load(sys.argv[1])
theta = torch.tensor(given["theta"], requires_grad=True)
x0 = torch.tensor(given["x0"], requires_grad=True)
w, t = torch.tensor(given["w"]), given["t"]
class Path:
    shape, levy_area_approximation = w.shape[1:], "none"
    def __call__(self, a, b):
        i = int(np.argmin(np.abs(t - float(a))))
        assert abs(t[i] - float(a)) < 1e-12 and abs(t[i + 1] - float(b)) < 1e-12
        return w[i]
class Sde(torch.nn.Module):
    noise_type, sde_type = "diagonal", "stratonovich"
    def f(self, t, x):
        return theta[0] * torch.tanh(x) - theta[1] * x * (1 + 0.3 * t)
    def g(self, t, x):
        return theta[2] * (1 + 0.4 * torch.sin(x))
x = torchsde.sdeint(Sde(), x0, torch.tensor(t), bm=Path(), method="reversible_heun", dt=t[1] - t[0])
(x * x * x).mean().backward()
np.savez(sys.argv[1], x=x.detach().numpy(), x0=x0.grad.numpy(), theta=theta.grad.numpy())
"""


@pytest.mark.skipif(not PEERS.exists(), reason="make peers")
def test_reversible_heun_is_that_of_torchsde(tmp_path):
    white = fk.FunctionSde(lambda x, t: 0 * x, lambda x, t: 1 + 0 * x)
    w = np.diff(fk.solve(white, 0 * X, T, seed=4), axis=0)
    file = tmp_path / "path.npz"
    np.savez(file, theta=[0.8, 0.5, 0.6], x0=X, w=w, t=T)
    subprocess.run([PEERS, "-c", TORCHSDE, file], check=True)
    theirs = np.load(file)
    path, (by_x0, by_theta) = gradients("reversible")
    np.testing.assert_allclose(path, theirs["x"], rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(by_x0, theirs["x0"], rtol=1e-10, atol=1e-13)
    np.testing.assert_allclose(by_theta, theirs["theta"], rtol=1e-10, atol=1e-13)


def test_the_neural_sde_of_the_notebook_finds_its_drift(monkeypatch):
    monkeypatch.setenv("QUICK", "1")
    found = runpy.run_path(str(ROOT / "docs/notebooks/neural_sde.py"))
    assert found["unfitted"] > 0.8
    assert found["fitted"] < 0.25
    assert abs(found["sigma"] / found["SIGMA"] - 1) < 0.04
