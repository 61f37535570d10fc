"""Data sets against their sources."""

import fokker as fk
import numpy as np
import pytest


def test_the_table_of_tumours_is_that_of_scikit_learn():
    datasets = pytest.importorskip("sklearn.datasets")
    source = datasets.load_breast_cancer()
    data = fk.datasets.load("breast_cancer", held_out=0.0, scaling="none")
    np.testing.assert_array_equal(data.training, source.data.astype(np.float32))
    assert data.features == [str(name) for name in source.feature_names]
    malignant = list(source.target_names).index("malignant")
    np.testing.assert_array_equal(data.training_labels, source.target == malignant)
    assert np.bincount(data.training_labels).tolist() == [357, 212]


def test_rows_that_are_held_out_are_named():
    whole = fk.datasets.load("breast_cancer", held_out=0.0, scaling="none").training
    data = fk.datasets.load("breast_cancer", held_out=0.25, scaling="none")
    np.testing.assert_array_equal(whole[data.held_out_index], data.held_out)
    assert fk.datasets.load("two_moons", n=5).features == []


def test_a_chirp_has_the_spectrum_of_its_two_ends():
    """By its Fourier transform: power from its least to its greatest frequency, and little beyond."""
    data = fk.datasets.load("chirps", n=400, held_out=0.0, scaling="none", seed=1)
    power = np.abs(np.fft.rfft(data.training, axis=1)) ** 2
    share = power[:, :33].sum() / power.sum()  # frequencies up to 24, and what the window spreads
    assert data.training.shape == (400, 128) and share > 0.99
    assert 0.3 < power[:, 8:33].sum() / power.sum() < 0.95  # and not all of it low
