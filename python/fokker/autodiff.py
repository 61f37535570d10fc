"""Gradients of tensors and of functions."""

from ._fokker import Tensor, gradients


def grad(outputs, inputs=None, create_graph=False):
    """Returns the gradients of the sum of `outputs` by `inputs`, or of a function by its first argument.

    grad(y, x): y and x are tensors, or lists of them; x are leaves (`x.leaf()`) or intermediate results.
    grad(f): returns the function x, … → ∂ sum(f(x, …))/∂x; grad(grad(f)) is the second derivative.
    create_graph: keeps the gradients themselves differentiable.
    """
    if callable(outputs) and not isinstance(outputs, Tensor):
        if inputs is not None:
            raise TypeError("[grad] expected grad(f), got inputs too: call grad(f)(x)")
        return _gradient_function(outputs, create_graph)
    if inputs is None:
        raise TypeError("[grad] expected grad(f) or grad(outputs, inputs)")
    many = isinstance(inputs, (list, tuple))
    result = gradients(
        list(outputs) if isinstance(outputs, (list, tuple)) else [outputs],
        list(inputs) if many else [inputs],
        create_graph,
    )
    return result if many else result[0]


def _gradient_function(function, create_graph):
    def gradient(x, *rest, **named):
        x = x if isinstance(x, Tensor) else Tensor(x)
        # A tracked x belongs to an outer derivative, which differentiates the result.
        outer = x.tracked
        leaf = x if outer else x.leaf()
        return gradients([function(leaf, *rest, **named)], [leaf], create_graph or outer)[0]

    return gradient
