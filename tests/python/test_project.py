"""The project around the code: citations, type stubs, the weight of an import."""

import ast
import pathlib
import re
import subprocess
import sys

import fokker as fk
from fokker import _fokker

ROOT = pathlib.Path(__file__).resolve().parents[2]
LAYERS = ("core", "sde", "solvers", "score", "experiments", "python", "docs")
KEY = r"[a-z]+[12]\d{3}[a-z]?"


def cited():
    for layer in LAYERS:
        for file in (ROOT / layer).rglob("*"):
            if file.suffix in (".h", ".cpp", ".py", ".md"):
                # A key may be followed by words, as in [song2020, technique 4].
                for group in re.findall(rf"\[({KEY}(?:, [^\]\n]*)?)\]", file.read_text()):
                    for key in re.findall(rf"\b{KEY}\b", group):
                        yield key, file


def test_every_citation_has_an_entry():
    entries = set(re.findall(rf"^@\w+{{({KEY}),", (ROOT / "docs/references.bib").read_text(), re.M))
    keys = dict(cited())
    assert len(keys) > 10
    assert not {key: str(file) for key, file in keys.items() if key not in entries}


def test_stub_names_everything():
    stub = ast.parse((ROOT / "python/fokker/_fokker.pyi").read_text())
    names = {node.name for node in stub.body if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
    assert {name for name in vars(_fokker) if not name.startswith("_")} == names
    for node in stub.body:
        if isinstance(node, ast.ClassDef):
            members = {item.name for item in node.body if isinstance(item, ast.FunctionDef)}
            members |= {item.target.id for item in node.body if isinstance(item, ast.AnnAssign)}
            actual = {name for name, value in vars(getattr(_fokker, node.name)).items() if not name.startswith("_")}
            assert actual == {name for name in members if not name.startswith("_")}, node.name


def test_import_is_light():
    code = "import fokker, sys; assert 'numpy' not in sys.modules; print(fokker.VP().marginal(0.5).alpha)"
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": ":".join(sys.path)})


def test_names_that_others_rely_on():
    for name in "Tensor grad no_grad VP VE SubVP Cosine EDM RectifiedFlow TrigonometricFlow GaussianMixture UNet Mlp sample train load_run run".split():
        assert callable(getattr(fk, name)), name
    assert {"euler_maruyama", "sra1", "predictor_corrector", "probability_flow"} <= set(fk.solvers.names())
    assert set(dir(fk)) >= {"sample", "datasets", "solvers"}


def test_the_tests_of_ctrl_c_pass_in_a_background_job():
    code = "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_IGN); os.execv(sys.executable, sys.argv[1:])"
    test = ["-m", "pytest", "-q", ROOT / "tests/python/test_sampling.py", "-k", "ctrl_c and exact"]
    done = subprocess.run([sys.executable, "-c", code, sys.executable, *test], env={"PYTHONPATH": ":".join(sys.path)},
                          capture_output=True, text=True)
    assert done.returncode == 0 and "1 passed" in done.stdout, done.stdout
