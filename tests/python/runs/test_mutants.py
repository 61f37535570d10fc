"""These tests read mutated files by Python: the files of a run and those of data.

Each file is read, or refused by an error of the library, within 5 s of the processor and a bound of memory.  HDF5 files
are read by their child process.  The C++ tests tagged [mutants] test the parsers that take bytes from memory.
"""

import collections
import gzip
import json
import os
import signal
import struct
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import h5py
import numpy as np
import pytest

from command import ROOT, fokker

FEW, MANY, BATCH = 150, 100_000, 2500
MEBIBYTES = 700  # the child that reads a small HDF5 file has 512
CONFIG = """
name = "tiny"
[data]
source = "two_moons"
n = 60
held_out = 0.25
[network]
kind = "mlp"
hidden = [4]
time_dimension = 4
[train]
steps = 4
batch = 8
checkpoint_every = 2
validate_every = 2
[[sample]]
n = 4
steps = 2
[evaluate]
metrics = []
"""
SLOW = ("checkpoint", "results.h5")  # each by a whole fk.resume: a tenth as many
READERS = ["hdf5", "csv", "npy", "idx", "weights", "run.json", "data.json", "config.toml", "metrics.jsonl",
           "checkpoint", "results.h5"]


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Returns a folder that holds a file of each kind."""
    folder = tmp_path_factory.mktemp("files")
    x = np.random.default_rng(0).normal(size=(12, 3)).astype("float32")
    with h5py.File(folder / "a.h5", "w") as file:
        file.create_dataset("x", data=x, chunks=(4, 3), compression="gzip")
        file.create_dataset("label", data=np.arange(12) % 3)
        file.attrs["source"] = "nowhere"
    np.save(folder / "a.npy", x)
    table = 'age,"height, cm",colour,kind\n31,1.5,red,1\nNA,180,"green ""dark""",2\n27,-1e3,null,1\n55,3,red,2\n'
    (folder / "a.csv").write_text(table)
    images = struct.pack(">4B3I", 0, 0, 8, 3, 4, 3, 2) + bytes(range(24))
    (folder / "a.idx").write_bytes(gzip.compress(images, mtime=0))
    (folder / "c.toml").write_text(CONFIG)
    result = fokker("run", folder / "c.toml", "--out", folder / "run")
    assert result.returncode == 0, result.stderr
    return folder


def batch(name, files, folder, seed, count):
    """Reads some mutants in a process of their own and returns what came of them."""
    copy = folder / str(seed)
    subprocess.run(["cp", "-r", files, copy], check=True)
    command = [sys.executable, ROOT / "tests/python/read_mutants.py", name, copy, str(seed), str(count)]
    result = subprocess.run(command, capture_output=True, text=True, env=os.environ)
    at = (copy / "NUMBER").read_text() if (copy / "NUMBER").exists() else "none"
    ended = signal.Signals(-result.returncode).name if result.returncode < 0 else result.returncode
    assert result.returncode == 0, f"{name}: {ended} at mutant {at}: {result.stderr[-600:]}"
    subprocess.run(["rm", "-rf", copy], check=True)
    return json.loads(result.stdout.splitlines()[-1])


@pytest.mark.parametrize("count", [FEW, pytest.param(MANY, marks=pytest.mark.nightly)])
@pytest.mark.parametrize("name", READERS)
def test_mutants_are_read_or_refused(files, tmp_path, name, count):
    count = count // 10 if count == MANY and name in SLOW else count
    sizes = [(seed, min(BATCH, count - seed)) for seed in range(0, count, BATCH)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = list(pool.map(lambda size: batch(name, files, tmp_path, *size), sizes))
    ends = sum((collections.Counter(part["ends"]) for part in found), collections.Counter())
    slowest, memory = (max(part[key] for part in found) for key in ("slowest", "mebibytes"))
    print(f"{name}: {dict(ends)}, slowest {slowest:.2f} s, {memory} MiB")
    assert sum(ends.values()) == count
    assert name == "checkpoint" or ends["read"] < count  # a damaged checkpoint is passed over
    assert memory < MEBIBYTES
