"""Where the system refuses memory or threads: a typed error and an intact checkpoint, or the same bytes."""

import os

import numpy as np
import pytest

from command import ROOT, datasets, fokker

SHIM = ROOT / "build/release/tests/libfailing.so"
CONFIG = """
name = "tiny"
[data]
source = "digits"
held_out = 0.2
[network]
kind = "unet"
channels = [8, 8]
attention = [false, true]
layers_per_block = 1
[train]
steps = 2
batch = 16
checkpoint_every = 1
[[sample]]
solver = "euler_maruyama"
steps = 2
n = 4
[evaluate]
metrics = ["sliced_w2"]
"""


def run(folder, name, threads=2, **failures):
    config = folder / "tiny.toml"
    config.write_text(CONFIG)
    shim = {"LD_PRELOAD": str(SHIM)} | {key: str(value) for key, value in failures.items()}
    return fokker("run", config, "--out", folder / name, "--threads", threads, "--quiet", env=os.environ | shim)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A run in which nothing fails, and its number of allocations."""
    if not SHIM.exists():
        pytest.skip("this build has no libfailing.so")
    folder = tmp_path_factory.mktemp("whole")
    result = run(folder, "run", FAIL_COUNT=folder / "count")
    assert result.returncode == 0, result.stderr
    return folder / "run", int((folder / "count").read_text())


@pytest.mark.parametrize("most", [60, pytest.param(2000, marks=pytest.mark.nightly)])
def test_one_refused_allocation_is_an_error_and_the_run_goes_on(whole, tmp_path, most):
    path, count = whole
    assert count > 200
    positions = range(1, count + 1, max(1, count // most))
    refused = 0
    for position in positions:
        name = f"at-{position}"
        result = run(tmp_path, name, FAIL_ALLOCATION=position)
        assert result.returncode in (0, 3, 4), (position, result.returncode, result.stderr)
        if result.returncode == 0:
            continue
        refused += 1
        assert result.stderr.splitlines()[-1].startswith("fokker"), (position, result.stderr)
        assert result.returncode == 4 or "memory" in result.stderr, (position, result.stderr)
        if (tmp_path / name / "checkpoints").exists() and refused % 10 == 0:
            resumed = fokker("resume", tmp_path / name, "--quiet")
            assert resumed.returncode == 0, (position, resumed.stderr)
            same(path, tmp_path / name)
    assert refused > len(positions) // 2


def same(a, b):
    a, b = datasets(a / "results.h5"), datasets(b / "results.h5")
    assert a.keys() == b.keys()
    for name in a:
        np.testing.assert_array_equal(a[name], b[name], name)


@pytest.mark.parametrize("first", [1, 2])
def test_fewer_threads_than_wanted_give_the_same_bytes(whole, tmp_path, first):
    result = run(tmp_path, "run", threads=4, FAIL_THREADS=first)
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "run/model.safetensors").read_bytes() == (whole[0] / "model.safetensors").read_bytes()
