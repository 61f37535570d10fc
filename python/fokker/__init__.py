"""Score-based and SDE diffusion models: the C++ library Fokker from Python.

Names are those of C++.  Arrays are NumPy's at every border, without copies where the memory allows it.
"""

import os
import pathlib

# The data that a wheel brings; in the source tree the library finds its own.
_data = pathlib.Path(__file__).parent / "data"
if _data.is_dir():
    os.environ.setdefault("FOKKER_DATA", str(_data))

from ._fokker import *  # noqa: E402, F403
from .autodiff import grad  # noqa: E402

__version__ = "0.1.0"
