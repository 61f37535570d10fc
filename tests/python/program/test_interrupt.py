"""Ctrl-C ends every long call: a real SIGINT in a process of its own, amid work that would take minutes."""

import subprocess
import sys
import time

import pytest

CHILD = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background inherits SIGINT as ignored
import numpy as np
import fokker as fk

rng = np.random.default_rng(0)
ring = fk.GaussianMixture.ring()
vp, ou = fk.VP(), fk.OrnsteinUhlenbeck()
t = np.linspace(0, 1, 200_001)
mine = fk.FunctionSde(lambda x, t: -1.0 * x, lambda x, t: 1.0)
net = fk.Mlp(hidden=(64, 64))
big = lambda n, d=8: rng.normal(size=(n, d)).astype("f4")

def call():
    {call}

{before}
print("ready", flush=True)
try:
    call()
except KeyboardInterrupt:
    print("stopped", flush=True)
    assert fk.solve(ou, np.ones((3, 1)), [0, 0.5, 1]).shape == (3, 3, 1)  # and the library goes on
else:
    print("ended", flush=True)
"""

CALLS = {
    "solve": "fk.solve(ou, np.ones((20_000, 4)), t, frames=t[-1:])",
    "solve, one path": "fk.solve(ou, np.ones((2000, 4)), t, same_path=True, frames=t[-1:])",
    "solve, tolerance": "fk.solve(fk.DoubleWell(), np.ones((5000, 4)), [0, 100], solver='sra1', tolerance=1e-3)",
    "solve, functions": "fk.solve(mine, np.ones((20_000, 4)), t, frames=t[-1:])",
    "solve, functions, tolerance": "fk.solve(mine, np.ones((5000, 4)), [0, 100], solver='sra1', tolerance=1e-3)",
    "solve, adjoint": "fk.solve(ou, np.ones((20_000, 4)), t, adjoint='checkpoint', frames=t[-1:])",
    "brownian": "fk.brownian((2000, 50), np.linspace(0, 1, 100_001), areas=2, same_path=True)",
    "sample": "fk.sample(ring, vp, n=100_000, steps=100_000)",
    "langevin": "fk.langevin(ring, chains=64, steps=10_000_000)",
    "solve_ode": "fk.solve_ode(lambda x, t: np.sin(1e6 * x), np.ones((9, 2)), 0, 1e3, tolerance=1e-10)",
    "log_likelihood": "fk.log_likelihood(ring, vp, np.ones((100_000, 2)), tolerance=1e-12)",
    "encode": "fk.encode(ring, vp, np.ones((500_000, 2)), tolerance=1e-12)",
    "variational_bound": "fk.variational_bound(ring, vp, np.ones((50_000, 2)), steps=10_000)",
    "orders": "fk.orders(paths=20_000)",
    "weak orders": "fk.orders(['stochastic_heun', 'dri1'], paths=100_000)",
    "compare": "fk.compare(ring, vp, n=100_000, nfe=[1000, 2000], seeds=50)",
    "train": "fk.train(net, vp, big(1000), steps=10**8, batch=256)",
    "near_duplicates": "fk.datasets.from_array(big(40_000, 64), near_duplicates=1e-6)",
    "remove_outliers": "fk.datasets.from_array(big(60_000, 64), remove_outliers=100.0)",
    "evaluate": "fk.train(net, vp, fk.datasets.from_array(big(20_000), held_out=0.5), steps=1, batch=4)"
                ".evaluate(big(60_000), metrics=['mmd', 'energy', 'precision_recall'], limit=50_000)",
    "diagnostics": "fk.diagnostics.summary(np.cumsum(rng.normal(size=(300_000, 2, 20)), 0))",
    "autocorrelation": "fk.diagnostics.autocorrelation(rng.normal(size=2_000_000), 1_000_000)",
    "prepare": "fk.datasets.prepare('npy:' + path, path + '.h5', near_duplicates=1e-6)",
    "load": "fk.datasets.load('npy:' + path, remove_outliers=100.0)",
    "progress": "fk.sample(ring, vp, n=100_000, steps=100_000, progress=lambda *_: None)",
}


def interrupted(call, before="", after=1.0):
    """Seconds from the signal to the end of the call."""
    code = CHILD.replace("{call}", call).replace("{before}", before)
    child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    try:
        assert child.stdout.readline() == "ready\n"
        time.sleep(after)
        start = time.monotonic()
        child.send_signal(2)
        answer = child.stdout.readline()
        seconds = time.monotonic() - start
        assert answer == "stopped\n"
        assert child.wait(30) == 0
        return seconds
    finally:
        child.kill()
        child.stdout.close()


@pytest.mark.parametrize("name", CALLS)
def test_ctrl_c(name, tmp_path):
    before = ""
    if name in ("prepare", "load"):
        path = tmp_path / "x.npy"
        before = f"path = {str(path)!r}\nnp.save(path, big(60_000, 64))"
    seconds = interrupted(CALLS[name], before)
    print(f"{name}: {1000 * seconds:.0f} ms")
    assert seconds < 2  # 0.1 on an idle machine
