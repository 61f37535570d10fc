"""The examples of the README work as they stand there."""

import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[3]
README = (ROOT / "README.md").read_text()


def example(language):
    return re.search(rf"```{language}\n(.*?)```", README, re.S).group(1)


def test_the_python_examples_run_in_turn(tmp_path, monkeypatch):
    pytest.importorskip("fokker")
    pytest.importorskip("matplotlib").use("Agg")
    monkeypatch.chdir(tmp_path)
    shorter = {"steps=1000": "steps=3", "n=64": "n=4", "seeds=5, n=2000": "seeds=2, n=50"}
    train, solve, compare = re.findall(r"```python\n(.*?)```", README, re.S)
    names = {}

    def run(code):
        for long, short in shorter.items():
            code = code.replace(long, short)
        exec(compile(code, "README.md", "exec"), names)

    run(train)
    assert names["x"].values.shape == (4, 8, 8, 1) and names["y"].values.shape == (1000, 2)
    run(solve)
    assert names["x"].shape == names["same"].shape == (101, 1000, 1)
    run(compare)
    assert "At 10 NFE use" in names["comparison"].verdict and (tmp_path / "comparison/report.html").exists()


def test_the_cpp_example_compiles(tmp_path):
    (tmp_path / "include").mkdir()
    (tmp_path / "include/fokker").symlink_to(ROOT)
    (tmp_path / "main.cpp").write_text(example("cpp"))
    subprocess.run(["g++", "-std=c++20", "-fsyntax-only", f"-I{tmp_path}/include", tmp_path / "main.cpp"], check=True)


def test_every_file_that_the_readme_links_is_there():
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / target).exists(), target
