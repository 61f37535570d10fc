#!/usr/bin/env python3
"""Compares inpainting and denoising by scikit-image and OpenCV with Fokker's results on the inputs of a run's findings.

    python scripts/applications_peers.py RUN/results.h5 [MORE.h5 …] --data experiments/data/shipped/digits.h5 --held-out RUN/results.h5

It needs NumPy, h5py, scikit-image, OpenCV and scikit-learn.  Every group of the files that holds `truth` and `known`
(inpaint with a mask) or `truth` and `noisy` (denoise) is measured.  One judge serves all: a support vector machine
trained on the training images alone.  The parameter of each denoiser is the best of a range by PSNR on noisy training
images, chosen anew at each noise level.  PSNR and SSIM (windows of 7, Gaussian weights of deviation 1.5) are those of
images bounded to the range.  Intervals are of 95 %: Wilson's for shares, Student's for means; differences are of pairs.
"""

import argparse
import gzip
import math
import pathlib
import sys

import cv2
import h5py
import numpy as np
from skimage import restoration
from sklearn.svm import SVC


def groups(path, members):
    """Returns (name, group) of the groups of a file that have these datasets."""
    found = []
    file = h5py.File(path)
    file.visititems(lambda name, item: found.append((name, item)) if isinstance(item, h5py.Group) and members <= set(item) else None)
    return found


def images(values, extent):
    """Returns images [N, H, W] in [0, 1]."""
    return np.asarray(values, dtype=np.float64).reshape(len(values), *values.shape[-3:-1]) / extent


def load(path):
    """Returns all images in units of the data, and labels: of an HDF5 file, or of a folder with MNIST's test files."""
    if not path.is_dir():
        with h5py.File(path) as file:
            return np.asarray(file["image"]), np.asarray(file["label"]).astype(int)

    def read(name, header):
        return np.frombuffer(gzip.decompress((path / f"t10k-{name}-ubyte.gz").read_bytes()), np.uint8, offset=header)

    return read("images-idx3", 16).reshape(-1, 28, 28, 1), read("labels-idx1", 8).astype(int)


def share(right):
    """Returns a share with Wilson's interval."""
    n, p, z = len(right), float(np.mean(right)), 1.959964
    middle, half = (p + z * z / (2 * n)) / (1 + z * z / n), z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return f"{p:.3f} [{middle - half:.3f}, {middle + half:.3f}]"


def mean(values):
    half = 1.96 * np.std(values, ddof=1) / math.sqrt(len(values))
    return f"{np.mean(values):.3f} [{np.mean(values) - half:.3f}, {np.mean(values) + half:.3f}]"


def psnr(x, truth):
    return 10 * np.log10(1 / np.mean((x - truth) ** 2, axis=(1, 2)))


def ssim(x, truth, size=7, sigma=1.5):
    place = np.arange(size) - (size - 1) / 2
    line = np.exp(-0.5 * (place / sigma) ** 2)
    weights = np.outer(line, line) / line.sum() ** 2
    def average(z):
        return np.einsum("nijab,ab->nij", np.lib.stride_tricks.sliding_window_view(z, (size, size), (1, 2)), weights)

    mx, my = average(x), average(truth)
    vx, vy, vxy = average(x * x) - mx * mx, average(truth * truth) - my * my, average(x * truth) - mx * my
    c1, c2 = 0.01**2, 0.03**2
    return np.mean((2 * mx * my + c1) * (2 * vxy + c2) / ((mx**2 + my**2 + c1) * (vx + vy + c2)), axis=(1, 2))


# Inpainting takes an image [H, W] in [0, 1] and what is hidden.
def opencv_inpaint(image, hidden, method):
    bytes_in = np.round(np.where(hidden, 0, image) * 255).astype(np.uint8)
    return cv2.inpaint(bytes_in, hidden.astype(np.uint8), 3, method) / 255


INPAINTERS = {
    "biharmonic": lambda image, hidden: restoration.inpaint_biharmonic(np.where(hidden, 0, image), hidden),
    "opencv_telea": lambda image, hidden: opencv_inpaint(image, hidden, cv2.INPAINT_TELEA),
    "opencv_ns": lambda image, hidden: opencv_inpaint(image, hidden, cv2.INPAINT_NS),
}


# Denoising takes a noisy image, the noise and the parameter.
def tv_l1(image, _, weight):
    result = np.zeros_like(image, dtype=np.uint8)
    bytes_in = np.round(np.clip(image, 0, 1) * 255).astype(np.uint8)
    cv2.denoise_TVL1([bytes_in], result, weight, 100)
    return result / 255


def wavelet(image, noise, weight):
    return restoration.denoise_wavelet(image, sigma=noise * weight, method="BayesShrink", mode="soft", wavelet_levels=2)


def non_local_means(image, noise, weight):
    return restoration.denoise_nl_means(image, patch_size=3, patch_distance=4, h=noise * weight, sigma=noise, fast_mode=False)


DENOISERS = {
    "tv_chambolle": (lambda image, _, weight: restoration.denoise_tv_chambolle(image, weight=weight), np.geomspace(0.01, 1, 17)),
    "nl_means": (non_local_means, np.geomspace(0.1, 3, 15)),
    "wavelet": (wavelet, np.geomspace(0.2, 3, 15)),
    "opencv_tv_l1": (tv_l1, np.geomspace(0.1, 20, 21)),
}  # fmt: skip


def apply(method, noisy, noise, parameter):
    return np.clip([method(image, noise, parameter) for image in noisy], 0, 1)


def tuned(name, training, noise):
    """Returns the parameter with the best PSNR on noisy training images."""
    method, parameters = DENOISERS[name]
    truth = training[:: max(1, len(training) // 150)]
    noisy = truth + noise * np.random.default_rng(0).normal(size=truth.shape)
    return max(parameters, key=lambda p: np.nan_to_num(psnr(apply(method, noisy, noise, p), truth).mean(), nan=-np.inf))


def inpainting(name, group, extent, judge):
    truth, hidden = images(group["truth"], extent), np.asarray(group["known"]).reshape(group["truth"].shape[1:3]) == 0
    labels = np.asarray(group["labels"]).astype(int)
    ours = np.asarray(group["samples"])
    completions = {"fokker, a sample": images(ours[:, 0], extent), "fokker, the mean": images(group["mean"], extent)}
    for peer, method in INPAINTERS.items():
        filled = np.array([method(image, hidden) for image in truth])
        completions[peer] = np.where(hidden, np.clip(filled, 0, 1), truth)
    known = np.abs(completions["fokker, a sample"] - truth)[:, ~hidden].max()
    print(f"{name}: class kept, {len(truth)} inputs; known pixels differ by at most {known:g}")
    print(f"  {'truth':18} {share(judge(truth) == labels)}")
    kept = {key: judge(x) == labels for key, x in completions.items()}
    for key, right in kept.items():
        difference = "" if key.startswith("fokker") else f"   fokker's sample keeps {mean(kept['fokker, a sample'] * 1.0 - right)} more"
        print(f"  {key:18} {share(right)}{difference}")


def denoising(name, group, extent, training):
    truth, noisy = images(group["truth"], extent), images(group["noisy"], extent)
    noise = float(group["figures/noise_of_inputs"][()])
    ours = np.clip(images(group["mean"], extent), 0, 1)
    print(f"{name}: noise {noise:.3g} of the range, {len(truth)} inputs")
    print(f"  {'noisy':18} PSNR {mean(psnr(np.clip(noisy, 0, 1), truth))}   SSIM {mean(ssim(np.clip(noisy, 0, 1), truth))}")
    print(f"  {'fokker, the mean':18} PSNR {mean(psnr(ours, truth))}   SSIM {mean(ssim(ours, truth))}")
    for peer in DENOISERS:
        parameter = tuned(peer, training, noise)
        x = apply(DENOISERS[peer][0], noisy, noise, parameter)
        print(f"  {peer:18} PSNR {mean(psnr(x, truth))}   SSIM {mean(ssim(x, truth))}   at {parameter:.3g};"
              f" fokker's PSNR is {mean(psnr(ours, truth) - psnr(x, truth))} above, SSIM {mean(ssim(ours, truth) - ssim(x, truth))}")  # fmt: skip


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("findings", nargs="+", type=pathlib.Path, help="HDF5 files with the findings")
    parser.add_argument("--data", type=pathlib.Path, required=True, help="all samples: an HDF5 file with image and label, or MNIST's folder")
    parser.add_argument("--held-out", type=pathlib.Path, help="results.h5 with /data/held_out_index, or .npy; default: the first file")
    parser.add_argument("--extent", type=float, default=16, help="upper end of the data's range; the lower one is 0")
    arguments = parser.parse_args()
    source = arguments.held_out or arguments.findings[0]
    held_out = np.load(source) if source.suffix == ".npy" else np.asarray(h5py.File(source)["data/held_out_index"])
    values, all_labels = load(arguments.data)
    all_images = images(values, arguments.extent)
    keep = np.setdiff1d(np.arange(len(all_images)), held_out)
    training = all_images[keep]
    machine = SVC(C=10, gamma="scale").fit(training.reshape(len(training), -1), all_labels[keep])

    def judge(x):
        return machine.predict(x.reshape(len(x), -1))

    count = 0
    for file in arguments.findings:
        for name, group in groups(file, {"truth", "known", "samples", "labels"}):
            inpainting(name, group, arguments.extent, judge)
            count += 1
        for name, group in groups(file, {"truth", "noisy", "mean"}):
            denoising(name, group, arguments.extent, training)
            count += 1
    if count == 0:
        sys.exit("no findings of inpaint (with a mask and labels) or denoise in these files")


if __name__ == "__main__":
    main()
