"""Score-based and SDE diffusion models: the C++ library Fokker from Python.

Names are those of C++.  Arrays are NumPy's at every border, without copies where the memory allows it.
"""

import os
import pathlib

# The data that a wheel brings; in the source tree the library finds its own.
_data = pathlib.Path(__file__).parent / "data"
if _data.is_dir():
    os.environ.setdefault("FOKKER_DATA", str(_data))

from . import datasets, solvers  # noqa: E402, F401
from ._fokker import *  # noqa: E402, F403
from .autodiff import grad  # noqa: E402, F401
from .networks import FeedForward, Mlp, UNet  # noqa: E402, F401


def __getattr__(name):
    # What needs NumPy is loaded when it is used: importing fokker takes a tenth of a second and little memory.
    if name in ("sample", "Samples", "train", "Training"):
        from . import samples, sampling, training

        globals().update(
            sample=sampling.sample, Samples=samples.Samples, train=training.train, Training=training.Training
        )
        return globals()[name]
    raise AttributeError(f"module 'fokker' has no attribute {name!r}")


__version__ = "0.1.0"
