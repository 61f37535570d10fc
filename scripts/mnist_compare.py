#!/usr/bin/env python3
"""Compares samples of others with those of a run by the metrics of the run's [evaluate] against its held-out data.

    python scripts/mnist_compare.py runs/mnist peer/samples.npy [OTHER.npy …] [--n 1000] [--json FILE]

An .npy file holds samples in the units of the data and the shape of the run's: images [n, height, width, channels] in
[0, 255] for MNIST.  All sets are cut to one size, since Fréchet distances, precision and recall depend on it.
"""

import argparse
import json
import pathlib

import fokker as fk
import numpy as np


def judged(run, sets):
    """Returns {name: {metric: (value, real against real)}}, all by one classifier and the same held-out rows."""
    return {name: run.evaluate(samples) for name, samples in sets.items()}


def table(results):
    """Returns rows of text: the sets, and below them real data against real data."""
    metrics = list(next(iter(results.values())))
    width = max(len(name) for name in [*results, "(real)"])
    lines = [" ".join([f"{'samples':{width}}", *(f"{metric:>18}" for metric in metrics)])]
    for name, figures in results.items():
        lines.append(" ".join([f"{name:{width}}", *(f"{figures[metric][0]:18.4f}" for metric in metrics)]))
    real = next(iter(results.values()))
    lines.append(" ".join([f"{'(real)':{width}}", *(f"{real[metric][1]:18.4f}" for metric in metrics)]))
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", help="the folder of a finished Fokker run")
    parser.add_argument("samples", nargs="+", type=pathlib.Path, help=".npy files")
    parser.add_argument("--n", type=int, default=0, help="samples of each set; 0: as many as the smallest has")
    parser.add_argument("--json", type=pathlib.Path, help="where to write the figures as well")
    arguments = parser.parse_args()
    run = fk.load_run(arguments.run)
    sets = {name: run.samples(name) for name in run.sample_names}
    sets |= {str(path): np.load(path) for path in arguments.samples}
    least = min(len(samples) for samples in sets.values())
    count = min(arguments.n or least, least)
    results = judged(run, {name: np.ascontiguousarray(samples[:count]) for name, samples in sets.items()})
    print(f"{count} samples of each")
    print("\n".join(table(results)))
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
