"""This process reads mutants for runs/test_mutants.py: `python read_mutants.py READER FOLDER SEED COUNT`.

Each mutant must be read, or refused by one of Fokker's errors, within 5 s of the processor.  SIGPROF ends the process
otherwise.  The file NUMBER in FOLDER holds the number of the mutant at hand.  The last line that the process prints is
a JSON object: how many mutants were read and how many met each error, the slowest call, and the memory.
"""

import collections
import json
import random
import resource
import shutil
import signal
import sys
import time
from pathlib import Path

import fokker as fk
from mutants import mutant

LIMIT = 5  # seconds a call
DATA = {
    "hdf5": ("hdf5:", "a.h5", "#x"),
    "csv": ("csv:", "a.csv", ""),
    "npy": ("npy:", "a.npy", ""),
    "idx": ("idx:", "a.idx", ""),
}
OF_RUN = {
    "weights": "model.safetensors",
    "run.json": "run.json",
    "data.json": "data.json",
    "config.toml": "config.toml",
    "metrics.jsonl": "metrics.jsonl",
    "checkpoint": "checkpoints/step-00000004.safetensors",
    "results.h5": "results.h5",
}
WRITTEN = ("metrics.jsonl", "checkpoint", "results.h5")  # read by fk.resume, which writes them again


def without_hashes(run):
    """Empties the list of hashes of a run.

    A run that knows hashes refuses every changed file by them, and the readers would meet no mutant.
    """
    path = run / "run.json"
    status = json.loads(path.read_text())
    path.write_text(json.dumps({**status, "sha256": {}}))


def reader(name, folder):
    """Returns the file to change, and a function that reads it."""
    if name in DATA:
        scheme, file, rest = DATA[name]
        return folder / file, lambda: fk.datasets.load(f"{scheme}{folder / file}{rest}", remove_missing=True)
    run = folder / "run"
    if name not in ("run.json", "metrics.jsonl"):
        without_hashes(run)
    if name in WRITTEN:
        return run / OF_RUN[name], lambda: fk.resume(run)
    return run / OF_RUN[name], lambda: fk.load_run(run)


def restore(whole, folder):
    shutil.rmtree(folder / "run")
    shutil.copytree(whole, folder / "run")
    without_hashes(folder / "run")


def read(name, folder, seed, count):
    path, call = reader(name, folder)
    content, ends, slowest = path.read_bytes(), collections.Counter(), 0.0
    whole = folder / "whole"
    if name in WRITTEN:
        without_hashes(folder / "run")
        shutil.copytree(folder / "run", whole)
    for number in range(seed, seed + count):
        (folder / "NUMBER").write_text(str(number))
        path.write_bytes(mutant(content, random.Random(number)))
        begun = time.process_time()
        signal.setitimer(signal.ITIMER_PROF, LIMIT)
        try:
            call()
            ends["read"] += 1
        except (fk.Error, fk.ShapeError, fk.ConfigError, fk.NumericalError, fk.IoError) as error:
            ends[type(error).__name__] += 1
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
        slowest = max(slowest, time.process_time() - begun)
        if name in WRITTEN:
            restore(whole, folder)
    used = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return {"ends": ends, "slowest": slowest, "mebibytes": used // 1024}


if __name__ == "__main__":
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    print(json.dumps(read(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))))
