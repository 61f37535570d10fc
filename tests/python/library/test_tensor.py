"""Tensors against NumPy: values, memory, lifetime."""

import gc
import pickle

import numpy as np
import pytest

import fokker as fk

rng = np.random.default_rng(0)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(), (1,), (5,), (2, 3), (2, 1, 3), (0, 4)])
def test_round_trip_without_copy(dtype, shape):
    array = np.array(rng.normal(size=shape), dtype=dtype)
    tensor = fk.Tensor(array)
    assert tensor.shape == shape and tensor.dtype == np.dtype(dtype).name
    back = tensor.numpy()
    assert back.dtype == dtype and np.array_equal(back, array) and back.flags.writeable
    if array.size:
        array.flat[0] = 7
        assert back.flat[0] == 7
        back.flat[0] = 8
        assert array.flat[0] == 8


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6).reshape(2, 3),
        np.arange(6, dtype=np.float32).reshape(2, 3).T,
        np.arange(12.0).reshape(3, 4)[:, ::2],
        np.arange(3, dtype=np.float16),
        np.arange(3, dtype=">f4"),
        np.array([True, False]),
    ],
)
def test_other_arrays_are_copied(array):
    tensor = fk.Tensor(array)
    assert np.array_equal(tensor.numpy(), array)
    assert not np.shares_memory(tensor.numpy(), array)


def test_read_only_array_is_copied():
    array = np.zeros(3)
    array.flags.writeable = False
    fk.Tensor(array).numpy()[0] = 1
    assert array[0] == 0


def test_dtype_is_chosen():
    assert fk.Tensor([1, 2]).dtype == "float32"
    assert fk.Tensor([1.5, 2]).dtype == "float32"
    assert fk.Tensor([1, 2], dtype=np.float64).dtype == "float64"
    assert fk.Tensor(np.zeros(2), dtype="float32").dtype == "float32"
    assert fk.Tensor(fk.Tensor([1.0]), dtype="float64").dtype == "float64"


def test_array_outlives_its_tensor():
    view = fk.Tensor(np.arange(1000.0)).numpy()
    gc.collect()
    scratch = [fk.Tensor(np.full(1000, -1.0)) + 1 for _ in range(10)]
    assert len(scratch) == 10 and np.array_equal(view, np.arange(1000.0))
    view = (fk.Tensor(np.arange(1000.0)) * 2).numpy()
    gc.collect()
    scratch = [fk.Tensor(np.full(1000, -1.0)) + 1 for _ in range(10)]
    assert np.array_equal(view, 2 * np.arange(1000.0))


def test_tensor_outlives_its_array():
    tensor = fk.Tensor(np.arange(1000.0))
    gc.collect()
    scratch = [np.full(1000, -1.0) for _ in range(10)]
    assert len(scratch) == 10 and np.array_equal(tensor.numpy(), np.arange(1000.0))


def test_array_protocols():
    tensor = fk.Tensor([[1, 2], [3, 4]])
    assert np.asarray(tensor).dtype == np.float32
    assert np.array_equal(np.array(tensor, dtype=np.float64), [[1, 2], [3, 4]])
    shared = np.from_dlpack(tensor)
    tensor.numpy()[0, 0] = 9
    assert shared[0, 0] == 9
    del tensor
    gc.collect()
    assert np.array_equal(shared, [[9, 2], [3, 4]])


def test_indexing():
    array = rng.normal(size=(4, 3, 2))
    tensor = fk.Tensor(array)
    for key in (0, -1, slice(1, 3), (slice(None), 1), (2, slice(0, 2), -1), (slice(-2, None),)):
        assert np.array_equal(tensor[key].numpy(), array[key]), key
    assert len(tensor) == 4 and len(list(tensor)) == 4
    with pytest.raises(IndexError):
        tensor[4]
    with pytest.raises(fk.ShapeError, match="step 1"):
        tensor[::2]


def test_mixed_expressions_are_tensors():
    array = np.array([1.0, 2.0])
    tensor = fk.Tensor([3.0, 5.0], dtype="float64")
    for result, expected in (
        (array + tensor, [4, 7]),
        (array - tensor, [-2, -3]),
        (tensor / array, [3, 2.5]),
        (np.float64(2) * tensor, [6, 10]),
        (1 - tensor, [-2, -4]),
        (tensor**2, [9, 25]),
        (-tensor, [-3, -5]),
    ):
        assert isinstance(result, fk.Tensor) and np.array_equal(result.numpy(), expected)


def test_pickle():
    tensor = fk.Tensor(rng.normal(size=(2, 3)))
    assert np.array_equal(pickle.loads(pickle.dumps(tensor)).numpy(), tensor.numpy())


def test_errors():
    with pytest.raises(fk.ShapeError) as error:
        fk.Tensor([1, 2]) + fk.Tensor([1, 2, 3])
    assert isinstance(error.value, ValueError) and "[2]" in str(error.value) and "[3]" in str(error.value)
    with pytest.raises(fk.ConfigError, match="expected numbers"):
        fk.Tensor(["a"])
    with pytest.raises(fk.ConfigError, match="expected numbers"):
        fk.Tensor([1 + 2j])
    with pytest.raises(ValueError):
        fk.Tensor(np.zeros((1,) * 7))
    assert issubclass(fk.ConfigError, ValueError)
    assert issubclass(fk.IoError, OSError)
    assert issubclass(fk.NumericalError, ArithmeticError)


def test_repr_names_shape():
    assert "[2, 3]" in repr(fk.Tensor(np.zeros((2, 3))))
