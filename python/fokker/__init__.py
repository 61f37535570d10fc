"""Score-based and SDE diffusion models: the C++ library Fokker from Python.

Names are those of C++.  Arrays are NumPy arrays at every border, without copies where the memory allows it.
"""

import importlib
import os

from . import _fokker, datasets, diagnostics, solvers  # noqa: F401
from ._fokker import *  # noqa: F403
from .autodiff import grad  # noqa: F401
from .networks import DiT, FeedForward, Mlp, UNet  # noqa: F401

from . import _overrides  # noqa: F401

# A wheel brings configs and data; in the source tree the library finds its own.
_fokker._set_package_folder(os.path.join(os.path.dirname(os.path.abspath(__file__)), "experiments"))


# Modules that need NumPy are loaded when they are used: importing fokker takes a tenth of a second and little memory.
_later = {
    "sample": "sampling",
    "solve": "solving",
    "brownian": "solving",
    "langevin": "langevin_chains",
    "Chains": "langevin_chains",
    "Samples": "samples",
    "train": "training",
    "orders": "order_measurement",
    "Orders": "order_measurement",
    "compare": "comparison",
    "Comparison": "comparison",
    "log_likelihood": "flows",
    "encode": "flows",
    "decode": "flows",
    "interpolate": "flows",
    "solve_ode": "flows",
    "Likelihood": "flows",
    "OdeSolution": "flows",
    "variational_bound": "bounds",
    "VariationalBound": "bounds",
    "BitsPerDimension": "bounds",
    "run": "runs",
    "Evaluation": "evaluation",
    "Findings": "applications",
    "resume": "runs",
    "load_run": "runs",
    "Run": "runs",
    "from_diffusers": "pretrained",
    "to_diffusers": "pretrained",
}


def __getattr__(name):
    if name not in _later:
        raise AttributeError(f"module 'fokker' has no attribute {name!r}")
    value = getattr(importlib.import_module(f".{_later[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__():
    return [*globals(), *_later]


__version__ = "0.1.0"
