"""These helpers run the program `fokker` and read its results files for the tests."""

import os
import signal
import subprocess
from pathlib import Path

import h5py

ROOT = Path(__file__).resolve().parents[2]
COMMAND = os.environ.get("FOKKER_COMMAND", str(ROOT / "build/release/bin/fokker"))


def fokker(*arguments, **options):
    return subprocess.run([COMMAND, *map(str, arguments)], capture_output=True, text=True, timeout=300, **options)


def default_signals():
    """Restores the signals that a test sends, when given as preexec_fn.

    Children of nohup and of background jobs ignore them otherwise.
    """
    for kind in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(kind, signal.SIG_DFL)


def datasets(path):
    """Returns every dataset of a results file but the clock times."""
    values = {}
    with h5py.File(path) as file:
        file.visititems(lambda name, item: values.update({name: item[()]})
                        if isinstance(item, h5py.Dataset) and not name.endswith("wall_time") else None)
    return values


def kept(folder):
    """Returns what must be the same however a run went, by the name of its file.

    That is the weights, the averages and the results.
    """
    found = {}
    for path in sorted(folder.rglob("[!.]*")):
        name = str(path.relative_to(folder))
        if path.suffix == ".safetensors" and "checkpoints" not in name:
            found[name] = path.read_bytes()
        if path.suffix == ".h5":
            found[name] = {key: value.tobytes() if hasattr(value, "tobytes") else value
                           for key, value in datasets(path).items()}
    return found
