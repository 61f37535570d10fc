#!/usr/bin/env python3
"""Makes experiments/data/shipped/digits.h5 from scikit-learn's copy of the UCI handwritten digits.

    pip install scikit-learn h5py
    python scripts/make_digits.py experiments/data/shipped/digits.h5
"""

import sys

import h5py
import numpy as np
from sklearn.datasets import load_digits


def write(path: str) -> None:
    digits = load_digits()
    image = digits.images.astype(np.uint8)[..., None]
    assert np.array_equal(image[..., 0], digits.images), "pixel values are whole numbers"
    with h5py.File(path, "w", track_order=True, libver=("earliest", "v110")) as file:
        file.attrs["title"] = "Optical recognition of handwritten digits: the 1,797 test images, 8 x 8"
        file.attrs["source"] = (
            "E. Alpaydin and C. Kaynak (1998), Optical Recognition of Handwritten Digits, "
            "UCI Machine Learning Repository, doi:10.24432/C50P49"
        )
        file.attrs["licence"] = "CC BY 4.0"
        for name, values, axes in (
            ("image", image, ("sample", "y", "x", "channel")),
            ("label", digits.target.astype(np.uint8), ("sample",)),
        ):
            dataset = file.create_dataset(
                name, data=values, chunks=values.shape, compression="gzip", compression_opts=9, track_times=False
            )
            for axis, axis_name in enumerate(axes):
                dataset.dims[axis].label = axis_name
        file["image"].attrs["value_range"] = np.array([0.0, 16.0])


if __name__ == "__main__":
    write(sys.argv[1])
