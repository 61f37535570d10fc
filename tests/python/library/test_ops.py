"""Ops against NumPy, gradients against central differences."""

import math

import numpy as np
import pytest

import fokker as fk

rng = np.random.default_rng(1)
POSITIVE = rng.uniform(0.5, 2, size=(3, 4))
ANY = rng.normal(size=(3, 4))

UNARY = {
    "exp": np.exp,
    "expm1": np.expm1,
    "log": np.log,
    "log1p": np.log1p,
    "sqrt": np.sqrt,
    "reciprocal": np.reciprocal,
    "square": np.square,
    "sin": np.sin,
    "cos": np.cos,
    "tanh": np.tanh,
    "erf": np.vectorize(math.erf),
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "silu": lambda x: x / (1 + np.exp(-x)),
    "relu": lambda x: np.maximum(x, 0),
    "softplus": lambda x: np.log1p(np.exp(x)),
    "gelu": lambda x: x / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))),
    "abs": np.abs,
}


@pytest.mark.parametrize("name", UNARY)
def test_elementwise(name):
    x = POSITIVE if name in ("log", "log1p", "sqrt", "reciprocal") else ANY
    np.testing.assert_allclose(getattr(fk, name)(x).numpy(), UNARY[name](x), rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize("axis", [None, 0, 1, -1, (0, 2), (0, 1, 2)])
@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("name", ["sum", "mean", "max"])
def test_reductions(name, axis, keepdims):
    x = rng.normal(size=(2, 3, 4))
    expected = getattr(np, name)(x, axis=axis, keepdims=keepdims)
    for result in (getattr(fk, name)(x, axis=axis, keepdims=keepdims), getattr(fk.Tensor(x), name)(axis, keepdims)):
        assert result.shape == expected.shape
        np.testing.assert_allclose(result.numpy(), expected, rtol=1e-14)


def test_views():
    x = rng.normal(size=(2, 3, 4))
    tensor = fk.Tensor(x)
    assert np.array_equal(tensor.reshape(6, -1).numpy(), x.reshape(6, 4))
    assert np.array_equal(tensor.reshape((4, 6)).numpy(), x.reshape(4, 6))
    assert np.array_equal(fk.permute(tensor, (2, 0, 1)).numpy(), x.transpose(2, 0, 1))
    assert np.array_equal(tensor.T.numpy(), x.swapaxes(1, 2))
    assert np.array_equal(fk.concat([tensor, x], axis=1).numpy(), np.concatenate([x, x], 1))
    assert np.array_equal(fk.pad(tensor, 2, 1, 2).numpy(), np.pad(x, ((0, 0), (0, 0), (1, 2))))
    assert np.array_equal(fk.gather(tensor, [1, 0, 1]).numpy(), x[[1, 0, 1]])
    assert np.array_equal(fk.broadcast_to(tensor, (5, 2, 3, 4)).numpy(), np.broadcast_to(x, (5, 2, 3, 4)))


def test_products():
    a, b = rng.normal(size=(3, 4)), rng.normal(size=(4, 5))
    np.testing.assert_allclose((fk.Tensor(a) @ b).numpy(), a @ b, rtol=1e-13)
    np.testing.assert_allclose((a @ fk.Tensor(b)).numpy(), a @ b, rtol=1e-13)
    x, weight = rng.normal(size=(2, 5, 5, 3)), rng.normal(size=(4, 3, 3, 3))
    window = np.lib.stride_tricks.sliding_window_view(x, (3, 3), axis=(1, 2))
    np.testing.assert_allclose(fk.conv2d(x, weight).numpy(), np.einsum("bhwiyx,oiyx->bhwo", window, weight), rtol=1e-11)
    np.testing.assert_allclose(fk.softmax(a).numpy(), np.exp(a) / np.exp(a).sum(-1, keepdims=True), rtol=1e-13)
    np.testing.assert_allclose(fk.logsumexp(a).numpy(), np.log(np.exp(a).sum(-1)), rtol=1e-13)


def numerical_gradient(function, x, step=1e-5):
    gradient = np.zeros_like(x)
    for index in np.ndindex(*x.shape):
        up, down = x.copy(), x.copy()
        up[index] += step
        down[index] -= step
        gradient[index] = (function(up) - function(down)) / (2 * step)
    return gradient


def value(x):
    """Uses broadcasting, a product, reductions and nonlinear ops."""
    x = fk.Tensor(x)
    y = fk.tanh(x @ POSITIVE.T) * fk.exp(x.mean(1, True))
    return fk.logsumexp(y).sum() + fk.softmax(x[1:, :2]).max()


def test_gradient_is_that_of_differences():
    gradient = fk.grad(value)(ANY).numpy()
    np.testing.assert_allclose(gradient, numerical_gradient(lambda x: float(value(x)), ANY), rtol=1e-7, atol=1e-9)


def test_second_derivative():
    direction = rng.normal(size=ANY.shape)

    def slope(x):
        return (fk.grad(value)(x) * direction).sum()

    np.testing.assert_allclose(
        fk.grad(slope)(ANY).numpy(), numerical_gradient(lambda x: float(slope(x)), ANY), rtol=1e-6, atol=1e-8
    )
    x = np.array(0.3)
    assert fk.grad(fk.grad(fk.grad(fk.sin)))(x).item() == pytest.approx(-math.cos(0.3), rel=1e-12)


def test_grad_of_tensors():
    x, y = fk.Tensor(ANY).leaf(), fk.Tensor(POSITIVE).leaf()
    dx, dy = fk.grad(x * y * y, [x, y])
    np.testing.assert_allclose(dx.numpy(), POSITIVE**2)
    np.testing.assert_allclose(dy.numpy(), 2 * ANY * POSITIVE)
    assert np.array_equal(fk.grad(x.sum(), y).numpy(), np.zeros_like(ANY))
    with pytest.raises(TypeError, match=r"grad\(f\)"):
        fk.grad(x)


def test_no_grad():
    x = fk.Tensor([1.0]).leaf()
    with fk.no_grad():
        assert not (x * 2).tracked
        with fk.no_grad():
            pass
        assert not (x * 2).tracked
    assert (x * 2).tracked
