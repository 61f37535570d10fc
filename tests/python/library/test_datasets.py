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


def test_missing_values_of_an_array_are_removed_where_asked():
    x = np.arange(24.0).reshape(8, 3)
    x[2, 1], x[5, 0], x[7, 2] = np.nan, np.inf, -np.inf
    data = fk.datasets.from_array(x, labels=range(8), remove_missing=True)
    np.testing.assert_array_equal(data.training, x[[0, 1, 3, 4, 6]])
    assert data.training_labels == [0, 1, 3, 4, 6] and data.range == (0, 22)
    assert any("3 of 8 samples" in line for line in data.report)
    with pytest.raises(fk.ConfigError, match="expected finite values, got nan.*remove_missing"):
        fk.datasets.from_array(x)
    with pytest.raises(fk.ConfigError, match="leaves no training sample"):
        fk.datasets.from_array(np.full((3, 2), np.nan), remove_missing=True)
    with pytest.raises(fk.ConfigError, match="target.* expected finite values, got nan"):
        fk.datasets.from_array(np.ones((8, 3)), target=x[:, :1] * x[:, 1:2])


@pytest.mark.parametrize("source, picture", [("digits", True), ("two_moons", True), ("chirps", True), ("breast_cancer", False)])
def test_data_show_themselves_in_a_notebook(source, picture):
    data = fk.datasets.load(source, n=200)
    assert len(repr(data)) < 200 and html(data).startswith("<pre>") and ("data:image/png" in html(data)) == picture
    assert data.overview().startswith(b"\x89PNG") == picture


def html(value):
    return value._repr_html_()
