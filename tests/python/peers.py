"""Runs functions in the interpreter of build/peers (`make peers`), whose libraries the tests themselves do not see."""

import inspect
import pathlib
import subprocess
import tempfile
import textwrap

import numpy as np
import pytest

PYTHON = pathlib.Path(__file__).parents[2] / "build/peers/bin/python"

SCRIPT = """\
import sys
import numpy as np
{definitions}
with np.load(sys.argv[1]) as file:
    arrays = dict(file)
np.savez(sys.argv[2], **{function}(**arrays))
"""


def run_peer(function, *, package, using=(), **arrays):
    """The dict of arrays that `function(**arrays)` returns there; the test is skipped where `package` is missing.

    Functions travel as source, together with those in `using`: they import what they need, and see `np`.  Numbers
    arrive as arrays without dimensions.
    """
    if not PYTHON.exists():
        pytest.skip("build/peers is not there; `make peers` installs it")
    if subprocess.run([PYTHON, "-c", f"import {package}"], capture_output=True, check=False).returncode:
        pytest.skip(f"{package} is not installed in build/peers; `make peers` installs it")
    definitions = "\n".join(textwrap.dedent(inspect.getsource(part)) for part in (*using, function))
    with tempfile.TemporaryDirectory() as folder:
        given, found, script = (pathlib.Path(folder) / name for name in ("given.npz", "found.npz", "peer.py"))
        np.savez(given, **arrays)
        script.write_text(SCRIPT.format(definitions=definitions, function=function.__name__))
        done = subprocess.run([PYTHON, script, given, found], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        with np.load(found) as file:
            return dict(file)
