"""Searches at random over the keys of experiments: equally many trials for each, two at a time on one thread each.

    python scripts/random_search.py experiments/search/gan_grid.toml [--trials 16] [--only ../gan/gan_grid.toml] [--out runs/search]

The file holds `seed` of all trials; `rank`, metrics from the most important one, with "-" before those where less is
better; a table [systems."FILE"] of keys, each with the values to choose from ("a, b" sets several at once); and
`sampler`, whose samples are judged.  The first trial is the experiment as it stands.  It prints a line for each trial,
and the best of each system last.
"""

import argparse
import concurrent.futures
import json
import pathlib
import subprocess
import sys
import tomllib

import h5py
import numpy as np


def draw(space, random):
    """Draws one point of the space, as overrides."""
    found = []
    for keys, values in space.items():
        names = [name.strip() for name in keys.split(",")]
        value = values[random.integers(len(values))]
        found += [f"{name}={json.dumps(one)}" for name, one in zip(names, value if len(names) > 1 else [value])]
    return found


def trial(command, sampler, rank, folder):
    """Returns figures in the order of `rank`, where more is better, and seconds of training; none on failure."""
    done = subprocess.run([*command, "--out", folder, "--threads", "1", "--quiet"], capture_output=True, text=True)
    if done.returncode:
        print(done.stderr.strip(), file=sys.stderr, flush=True)
        return [-np.inf] * len(rank), np.nan
    with h5py.File(folder / "results.h5") as file:
        of = file[f"evaluation/{sampler}"]
        figures = [(-1 if name[0] == "-" else 1) * float(of[name.lstrip("-")][()]) for name in rank]
        return [x if np.isfinite(x) else -np.inf for x in figures], float(file["metrics/train/wall_time"][-1])


def search(file, name, arguments):
    """Returns all trials of one system, best first: (figures, seconds, overrides)."""
    space, rank = dict(file["systems"][name]), file["rank"]
    sampler, random = space.pop("sampler"), np.random.default_rng(file["seed"])
    points = [[]] + [draw(space, random) for _ in range(arguments.trials - 1)]
    metrics = json.dumps(sorted({{"high_quality": "modes", "precision": "precision_recall", "recall": "precision_recall"}
                                 .get(one.lstrip("-"), one.lstrip("-")) for one in rank}))

    def one(index):
        command = [arguments.fokker, "run", arguments.file.parent / name, f"seed={file['seed']}",
                   f"evaluate.metrics={metrics}", *points[index]]
        figures, seconds = trial(command, sampler, rank, arguments.out / f"{pathlib.Path(name).stem}-{index:02}")
        print(f"{name} {index:3} {seconds:6.1f} s  " +
              "  ".join(f"{r.lstrip('-')} {abs(x):.4g}" for r, x in zip(rank, figures)) + "  " + " ".join(points[index]),
              flush=True)
        return figures, seconds, points[index]

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        return sorted(pool.map(one, range(len(points))), key=lambda found: found[0], reverse=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=pathlib.Path)
    parser.add_argument("--trials", type=int, default=16)
    parser.add_argument("--only", help="one system's file")
    parser.add_argument("--fokker", default="build/release/bin/fokker")
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("runs/search"))
    arguments = parser.parse_args()
    file = tomllib.loads(arguments.file.read_text())
    names = [arguments.only] if arguments.only else list(file["systems"])
    if earlier := [str(path) for name in names for path in arguments.out.glob(f"{pathlib.Path(name).stem}-*")]:
        sys.exit(f"{earlier[0]} is of an earlier search; choose another --out")
    for name in names:
        for figures, seconds, overrides in search(file, name, arguments)[:3]:
            print(f"best of {name}: {[abs(x) for x in figures]} in {seconds:.1f} s: {' '.join(overrides) or 'as it stands'}")


if __name__ == "__main__":
    main()
