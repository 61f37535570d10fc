"""The notebook of the applications runs from its first cell to its last."""

import json
import pathlib

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[3]
SHORTER = {'"steps": 1500': '"steps": 60, "batch": 32', "n=360": "n=40", "experiments/": f"{ROOT}/experiments/",
           "strengths=[0, 0.5, 1, 2, 4]": "strengths=[0, 1]", "n=60": "n=6"}


def test_the_notebook_runs(tmp_path, monkeypatch, capsys):
    pytest.importorskip("matplotlib").use("Agg")
    monkeypatch.chdir(tmp_path)
    cells = json.loads((ROOT / "docs/applications.ipynb").read_text())["cells"]
    code = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    for long, short in SHORTER.items():
        assert long in code
        code = code.replace(long, short)
    names = {}
    exec(compile(code, "applications.ipynb", "exec"), names)
    assert names["found"]["samples"].shape == (12, 4, 8, 8, 1)
    assert capsys.readouterr().out.count("Fréchet") == 4
