#!/usr/bin/env python3
"""Makes experiments/data/shipped/breast_cancer.h5 from scikit-learn's copy of the UCI breast cancer data (WDBC).

    pip install scikit-learn h5py
    python scripts/make_breast_cancer.py experiments/data/shipped/breast_cancer.h5
"""

import sys

import h5py
import numpy as np
from sklearn.datasets import load_breast_cancer


def write(path: str) -> None:
    table = load_breast_cancer()
    x = table.data.astype(np.float32)
    assert all(f"{a:.6g}" == f"{b:.6g}" for a, b in zip(x.flat, table.data.flat)), "all digits of the source are kept"
    # scikit-learn has 0 for malignant; here 1 means that a test for the disease is positive.
    label = (table.target == list(table.target_names).index("malignant")).astype(np.uint8)
    with h5py.File(path, "w", track_order=True, libver=("earliest", "v110")) as file:
        file.attrs["title"] = "Breast Cancer Wisconsin (Diagnostic): 569 tumours, 30 features of the nuclei of their cells"
        file.attrs["source"] = (
            "W. Wolberg, O. Mangasarian, N. Street and W. Street (1993), Breast Cancer Wisconsin (Diagnostic), "
            "UCI Machine Learning Repository, doi:10.24432/C5DW2B"
        )
        file.attrs["licence"] = "CC BY 4.0"
        for name, values, axes in (("x", x, ("sample", "feature")), ("label", label, ("sample",))):
            dataset = file.create_dataset(
                name, data=values, chunks=values.shape, compression="gzip", compression_opts=9, shuffle=True,
                track_times=False,
            )  # fmt: skip
            for axis, axis_name in enumerate(axes):
                dataset.dims[axis].label = axis_name
        file["x"].attrs["features"] = "\n".join(str(name) for name in table.feature_names)
        file["label"].attrs["classes"] = "benign\nmalignant"


if __name__ == "__main__":
    write(sys.argv[1])
