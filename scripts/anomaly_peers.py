"""Compares anomaly detection with scikit-learn on the same splits, with one seed for each split.

    python scripts/anomaly_peers.py digits|breast_cancer|gaussian [--seeds 10] [--out FILE.json]

For digits, seed c holds class c out of training.  For the tables, seed c splits anew.  All detectors see the training
samples in the units of the network, and are judged on the same held-out samples against the same anomalies.  It prints
the AUROC's mean over the seeds with its 95 % Student interval, and the paired difference of Fokker to every peer.
"""

import argparse
import json
import pathlib
import tempfile

import numpy as np

import fokker as fk

ROOT = pathlib.Path(__file__).resolve().parent.parent
STUDENT_975 = {2: 12.706, 3: 4.303, 4: 3.182, 5: 2.776, 6: 2.571, 7: 2.447, 8: 2.365, 9: 2.306, 10: 2.262}


def auroc(normal, anomalous):
    """Returns P(anomaly above normal) + ½ P(equal)."""
    order = np.sort(normal)
    below = np.searchsorted(order, anomalous, "left") + np.searchsorted(order, anomalous, "right")
    return float(below.mean() / (2 * len(order)))


STUDIES = {  # the experiment, and what a seed changes in it
    "digits": ("anomaly_digits.toml", lambda seed: dict(data=dict(exclude_classes=[seed]))),
    "breast_cancer": ("anomaly_table.toml", lambda seed: {}),
    "gaussian": ("anomaly_gaussian.toml", lambda seed: {}),
}


def fokker_scores(run):
    """Returns {name of the findings: scores of held-out samples and of the anomalies} of the run's `detect`."""
    import h5py

    with h5py.File(run.path / "results.h5") as file:
        return {name: [group[f"{kind}/score"][()] for kind in ("held_out", "excluded")]
                for name, group in file["applications"].items()}


def peer_scores(data, seed):
    """Returns name: (scores of held-out samples, scores of anomalies); the best of a peer's settings counts."""
    from sklearn.decomposition import PCA
    from sklearn.ensemble import IsolationForest
    from sklearn.neighbors import LocalOutlierFactor, NearestNeighbors
    from sklearn.svm import OneClassSVM

    training, held_out, excluded = (np.array(x).reshape(len(x), -1) for x in
                                    (data.training, data.held_out, data.excluded))
    dimension, found = training.shape[1], {}

    def add(name, score):
        found[name] = (score(held_out), score(excluded))

    forest = IsolationForest(n_estimators=200, random_state=seed).fit(training)
    add("isolation forest", lambda x: -forest.score_samples(x))
    for k in (5, 10, 20):
        factor = LocalOutlierFactor(k, novelty=True).fit(training)
        add(f"LOF {k}", lambda x, factor=factor: -factor.score_samples(x))
    for gamma in ("scale", 0.05, 0.1, 0.2, 0.4):
        machine = OneClassSVM(nu=0.1, gamma=gamma).fit(training)
        add(f"one-class SVM {gamma}", lambda x, machine=machine: -machine.score_samples(x))
    for share in (0.1, 0.2, 0.4):
        pca = PCA(max(1, round(share * dimension))).fit(training)
        add(f"PCA {share}", lambda x, pca=pca: ((x - pca.inverse_transform(pca.transform(x))) ** 2).sum(1))
    near = NearestNeighbors(n_neighbors=1).fit(training)
    add("(nearest neighbour)", lambda x: near.kneighbors(x)[0][:, 0])
    precision = np.linalg.inv(np.cov(training.T) + 1e-6 * np.eye(dimension))
    centre = training.mean(0)
    add("(Mahalanobis)", lambda x: np.einsum("ij,jk,ik->i", x - centre, precision, x - centre))
    return found


def true_mahalanobis(data):
    """Returns the optimal scores of gaussian_anomalies, from its law."""
    j = np.arange(10)
    mean, deviation = j - 4.5, (1 + j) / 2
    precision = np.linalg.inv(np.outer(deviation, deviation) * 0.6 ** np.abs(j[:, None] - j))
    apart = [np.array(data.to_data_units(x)) - mean for x in (data.held_out, data.excluded)]
    return [np.einsum("ij,jk,ik->i", x, precision, x) for x in apart]


def interval(values):
    values = np.asarray(values)
    half = STUDENT_975.get(len(values), np.nan) * values.std(ddof=1) / np.sqrt(len(values)) if len(values) > 1 else np.nan
    return values.mean(), values.mean() - half, values.mean() + half


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("study", choices=STUDIES)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--out", type=pathlib.Path)
    arguments = parser.parse_args()
    (file, changes), areas = STUDIES[arguments.study], {}
    for seed in range(arguments.seeds):
        with tempfile.TemporaryDirectory() as folder:
            run = fk.run(ROOT / "experiments" / file, out=f"{folder}/run", seed=seed, **changes(seed))
            data, found = run.data, fokker_scores(run)
        first, *others = found
        scores = {"fokker": found[first], **{f"fokker, {name}": found[name] for name in others}, **peer_scores(data, seed)}
        if arguments.study == "gaussian":
            scores["(optimum)"] = true_mahalanobis(data)
        for name, (normal, anomalous) in scores.items():
            areas.setdefault(name, []).append(auroc(normal, anomalous))
        print(f"seed {seed}: " + "  ".join(f"{name} {values[-1]:.4f}" for name, values in areas.items()), flush=True)
    print(f"{'detector':<22} {'AUROC':>7}  95 % interval       fokker − it")
    for name, values in sorted(areas.items(), key=lambda item: -np.mean(item[1])):
        (mean, low, high), difference = interval(values), interval(np.subtract(areas["fokker"], values))
        apart = "" if name == "fokker" else "{:+.4f} [{:+.4f}, {:+.4f}]".format(*difference)
        print(f"{name:<22} {mean:7.4f}  [{low:.4f}, {high:.4f}]  {apart}")
    if arguments.out:
        arguments.out.write_text(json.dumps(areas, indent=1))


if __name__ == "__main__":
    main()
