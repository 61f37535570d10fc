"""The command `fokker`, which is also `python -m fokker`."""

import os
import signal
import sys

from . import _fokker


def main():
    """Runs the command with the arguments of this process and returns its exit code."""
    # Python ignores SIGPIPE, but a command in a pipe that nobody reads should end.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    return _fokker._command_line([b"fokker", *map(os.fsencode, sys.argv[1:])])
