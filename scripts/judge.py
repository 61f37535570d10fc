#!/usr/bin/env python3
"""Judges generated digits with scikit-learn, independently of Fokker's own metrics.

    pip install h5py scikit-learn
    python scripts/judge.py runs/digits/results.h5 [--set NAME] [--frechet 1.68] [--ratio 0.9] [--brief]

Prints, for every set of /samples/NAME/image [n, 8, 8, 1], the Frechet distance to held-out digits in the 64 hidden
features of MLPClassifiers trained on the other digits, the same for real digits against real ones, the shares of the ten
classes, the classifier's mean confidence, and the median distance to the nearest real digit over that among real digits.
With --brief it prints one line, or the figures of the sets that fail.  Exits with 0 if all sets pass, 1 if one fails, 2
if the file cannot be judged.
"""

import argparse
import pathlib
import sys
import warnings

import h5py
import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.neighbors import NearestNeighbors
from sklearn.neural_network import MLPClassifier

DIGITS = pathlib.Path(__file__).resolve().parent.parent / "experiments" / "data" / "shipped" / "digits.h5"


def read_digits():
    """Returns all real digits as [1797, 64] in [-1, 1], and their classes."""
    with h5py.File(DIGITS) as file:
        image = file["image"][...].astype(np.float64)
        return image.reshape(len(image), -1) / 8 - 1, file["label"][...].astype(int)


def read_samples(file, name):
    """Returns samples /samples/NAME/image as [n, 64] in [-1, 1]."""
    group = file["samples"][name]
    image = group["image"]
    if image.shape[1:] != (8, 8, 1) or len(image) < 20:
        raise ValueError(f"/samples/{name}/image: expected [n >= 20, 8, 8, 1], got {list(image.shape)}")
    low, high = group.attrs.get("value_range", image.attrs.get("value_range", (0.0, 16.0)))
    values = image[...].astype(np.float64).reshape(len(image), -1)
    if not np.isfinite(values).all():
        raise ValueError(f"/samples/{name}/image: expected finite values")
    return np.clip(2 * (values - low) / (high - low) - 1, -1, 1)


def frechet(a, b):
    """Returns |m_a - m_b|^2 + tr(C_a + C_b - 2 (C_a C_b)^(1/2)) of the Gaussian fits of two sets of rows."""
    covariance_a, covariance_b = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    cross = np.sqrt(np.maximum(np.linalg.eigvals(covariance_a @ covariance_b).real, 0)).sum()
    return ((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(covariance_a) + np.trace(covariance_b) - 2 * cross


class Judge:
    """A classifier trained on 4/5 of the real digits, and the other fifth."""

    def __init__(self, x, label, held_out, seed):
        if held_out is None:
            rows = np.arange(len(x))
            _, held_out = train_test_split(rows, test_size=0.2, random_state=seed, stratify=label)
        training = np.setdiff1d(np.arange(len(x)), held_out)
        self.training, self.held_out = x[training], x[held_out]
        self.network = MLPClassifier((64,), max_iter=300, random_state=seed).fit(self.training, label[training])
        self.accuracy = self.network.score(self.held_out, label[held_out])

    def features(self, x):
        return np.maximum(x @ self.network.coefs_[0] + self.network.intercepts_[0], 0)

    def distance(self, samples):
        return frechet(self.features(samples), self.features(self.held_out))

    def real_distance(self, n):
        """Returns the distance of n training digits: a finite set is never at distance 0."""
        rows = np.random.default_rng(0).permutation(len(self.training))[:n]
        return self.distance(self.training[rows])


def neighbour_ratio(samples, real):
    """Returns the median distance to the nearest real digit, over that of real digits to the nearest other one."""
    tree = NearestNeighbors(n_neighbors=2).fit(real)
    return np.median(tree.kneighbors(samples, 1)[0]) / np.median(tree.kneighbors(real)[0][:, 1])


def judge_set(name, samples, real, judges, options):
    """Returns the figures of one set as lines of text, and whether it passes."""
    distances = [judge.distance(samples) for judge in judges]
    usual = np.mean([judge.real_distance(len(samples)) for judge in judges])
    probability = np.mean([judge.network.predict_proba(samples) for judge in judges], axis=0)
    shares = np.bincount(probability.argmax(1), minlength=10) / len(samples)
    ratio = neighbour_ratio(samples, real)
    checks = {
        f"Frechet <= {options.frechet} x {usual:.3f}": np.mean(distances) <= options.frechet * usual,
        f"neighbour ratio >= {options.ratio}": ratio >= options.ratio,
        f"every class >= {options.share}": shares.min() >= options.share,
        f"confidence >= {options.confidence}": probability.max(1).mean() >= options.confidence,
    }
    failed = [text for text, passed in checks.items() if not passed]
    return not failed, [
        f"{name}: {len(samples)} samples",
        f"  Frechet distance  {np.mean(distances):.3f}  ({len(judges)} judges, deviation {np.std(distances):.3f});"
        f" as many real ones {usual:.3f}",
        f"  neighbour ratio   {ratio:.3f}",
        f"  mean confidence   {probability.max(1).mean():.3f}",
        "  shares of 0 to 9  " + " ".join(f"{share:.3f}" for share in shares),
        "  " + ("pass" if not failed else "FAIL: expected " + ", ".join(failed)),
    ]


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("results", help="results.h5 of a run")
    parser.add_argument("--set", help="one set of samples (default: all)")
    parser.add_argument("--judges", type=int, default=5, help="classifiers and splits to average over")
    parser.add_argument("--frechet", type=float, default=1.68, help="largest Frechet distance over that of real digits")
    parser.add_argument("--ratio", type=float, default=0.9, help="smallest nearest-neighbour ratio")
    parser.add_argument("--share", type=float, default=0.03, help="smallest share of a class")
    parser.add_argument("--confidence", type=float, default=0.85, help="smallest mean confidence")
    parser.add_argument("--brief", action="store_true", help="one line for all sets that pass")
    return parser.parse_args()


def main():
    options = parse_arguments()
    warnings.simplefilter("ignore", ConvergenceWarning)
    try:
        with h5py.File(options.results) as file:
            names = [options.set] if options.set else [n for n in file["samples"] if "image" in file["samples"][n]]
            sets = {name: read_samples(file, name) for name in names}
            held_out = file["data/held_out_index"][...] if "data/held_out_index" in file else None
        if not sets:
            raise ValueError("expected /samples/NAME/image, found none")
    except (OSError, KeyError, ValueError) as error:
        print(f"judge: {options.results}: {error}", file=sys.stderr)
        return 2
    real, label = read_digits()
    judges = [Judge(real, label, held_out, seed) for seed in range(options.judges)]
    reference = np.mean([judge.distance(judge.training) for judge in judges])
    accuracy = np.mean([judge.accuracy for judge in judges])
    verdicts = [judge_set(name, samples, real, judges, options) for name, samples in sets.items()]
    if not options.brief:
        print(f"real digits: Frechet distance {reference:.3f} (all training against held-out), accuracy {accuracy:.3f}")
    for passed, lines in verdicts:
        if not (passed and options.brief):
            print(*lines, sep="\n")
    count = sum(passed for passed, _ in verdicts)
    if options.brief:
        print(f"judged   by scikit-learn: {count} of {len(sets)} sets are digits of all ten classes, near the real ones and no copies")
    return 0 if count == len(sets) else 1


if __name__ == "__main__":
    sys.exit(main())
