"""One process that trains, samples and evaluates until its time is over: `python soak.py SECONDS FILE`.

FILE gets a JSON line a round: seconds, training steps so far, resident memory in bytes, open files, threads.
"""

import json
import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import fokker as fk

SOLVERS = ["heun", "euler_maruyama", "dpmpp_2m", "sra1", "probability_flow", "predictor_corrector"]
RUN = """
name = "soak"
[data]
source = "two_moons"
n = 200
held_out = 0.25
scaling = "standardise_all"
[network]
kind = "mlp"
hidden = [16]
[train]
steps = 100
batch = 16
checkpoint_every = 20
[[sample]]
n = 16
steps = 4
[[denoise]]
n = 4
[evaluate]
metrics = ["energy"]
"""


def in_memory(number, data, digits):
    """Trains without files; the number of its steps."""
    net, sde = fk.Mlp(hidden=(32, 32), seed=number), fk.VP()
    training = fk.train(net, sde, data, steps=1000, batch=32, seed=number)
    drawn = training.sample(solver=SOLVERS[number % len(SOLVERS)], n=64, steps=8, seed=number)
    training.evaluate(drawn.values, metrics=["energy", "sliced_w2"])
    small = fk.UNet(channels=(8, 8), attention=(False, True), seed=number)
    images = fk.train(small, sde, digits, steps=20, batch=16, seed=number)
    images.evaluate(images.sample(solver="dpmpp_2m", n=16, steps=4).values, metrics=["energy"])
    return 1020


def in_files(number, folder):
    """A run in a folder, read again; the number of its steps."""
    (folder / "soak.toml").write_text(RUN)
    run = fk.run(folder / "soak.toml", out=folder / "run", seed=number)
    again = fk.load_run(run.path)
    again.evaluate(again.sample(n=16, steps=4).values)
    fk.resume(run.path)
    try:
        fk.run(folder / "soak.toml", out=folder / "wrong", train={"steps": -1})
    except fk.ConfigError:
        pass
    return 100


def state(begun, steps):
    resident = int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return {"seconds": round(time.monotonic() - begun, 2), "steps": steps, "resident": resident,
            "files": len(os.listdir("/proc/self/fd")), "threads": len(os.listdir("/proc/self/task"))}


def soak(seconds, log):
    data = fk.datasets.two_moons(2000, held_out=0.25)
    digits = fk.datasets.digits(n=200, held_out=0.25)
    begun, steps, number = time.monotonic(), 0, 0
    while time.monotonic() - begun < seconds:
        steps += in_memory(number, data, digits)
        with tempfile.TemporaryDirectory() as folder:
            steps += in_files(number, Path(folder))
        fk.solve(fk.DoubleWell(), np.ones((20, 1)), np.linspace(0, 1, 20), solver="sra1", seed=number)
        log.write(json.dumps(state(begun, steps)) + "\n")
        log.flush()
        number += 1


if __name__ == "__main__":
    with open(sys.argv[2], "w") as file:
        soak(float(sys.argv[1]), file)
