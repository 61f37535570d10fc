"""The project around the code: citations, type stubs, the weight of an import."""

import ast
import pathlib
import re
import shutil
import subprocess
import sys

import fokker as fk
import pytest
from fokker import _fokker

ROOT = pathlib.Path(__file__).resolve().parents[3]
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


@pytest.mark.parametrize("kind, file, words", [("SIGINT", "library/test_sampling.py", "ctrl_c and exact"),
                                               ("SIGHUP", "program/test_program.py", "saves_the_step and SIGHUP")])
def test_the_tests_of_signals_pass_in_a_background_job_and_under_nohup(kind, file, words):
    code = f"import os, signal, sys; signal.signal(signal.{kind}, signal.SIG_IGN); os.execv(sys.executable, sys.argv[1:])"
    test = ["-m", "pytest", "-q", ROOT / "tests/python" / file, "-k", words]
    done = subprocess.run([sys.executable, "-c", code, sys.executable, *test], env={"PYTHONPATH": ":".join(sys.path)},
                          capture_output=True, text=True)
    assert done.returncode == 0 and "1 passed" in done.stdout, done.stdout


def arrows(root, *arguments):
    return subprocess.run([root / "scripts/arrows", *arguments], capture_output=True, text=True)


def test_the_map_in_the_docs_is_that_of_the_includes():
    shown = arrows(ROOT, "--print")
    assert shown.returncode == 0, shown.stderr
    assert f"```mermaid\n{shown.stdout}```" in (ROOT / "docs/design.md").read_text()


def test_an_include_that_is_turned_round_is_found(tmp_path):
    listed = subprocess.check_output(["git", "ls-files", "*.h", "*.cpp", "*.inc", "scripts/arrows*"], cwd=ROOT, text=True)
    for name in listed.split():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    assert arrows(tmp_path).returncode == 0
    page = tmp_path / "experiments/report/page.cpp"
    page.write_text(page.read_text().replace("experiments/report/svg.h", "experiments/compare/plot.h"))
    found = arrows(tmp_path)
    assert found.returncode == 1 and "experiments/report/page.cpp:" in found.stderr
    assert "experiments/report -> experiments/compare is against" in found.stderr
    assert "folders include each other in a circle" in found.stderr
