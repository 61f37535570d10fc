#!/usr/bin/env python3
"""Writes python/fokker/_fokker.pyi, the type stub of the extension, by pybind11-stubgen (`make stubs`)."""

import pathlib
import re
import subprocess
import sys
import tempfile

STUB = pathlib.Path(__file__).resolve().parents[1] / "python/fokker/_fokker.pyi"


def generate() -> str:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pybind11_stubgen", "fokker._fokker", "-o", folder, "--ignore-all-errors"]
        subprocess.run(command, check=True, capture_output=True)
        text = next(pathlib.Path(folder).rglob("_fokker.pyi")).read_text()
    text = re.sub(r"^__all__.*\n", "Array = typing.Any  # a Tensor, or what converts to one\n", text, flags=re.M)
    text = re.sub(r"(\w+): Tensor\b", r"\1: Array", text)
    text = re.sub(r"-> capsule\b", "-> typing.Any", text)
    return text


if __name__ == "__main__":
    STUB.write_text(generate())
