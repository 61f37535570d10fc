"""The examples of the README work as they stand there."""

import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()


def example(language):
    return re.search(rf"```{language}\n(.*?)```", README, re.S).group(1)


def test_the_python_example_runs(tmp_path, monkeypatch):
    pytest.importorskip("fokker")
    monkeypatch.chdir(tmp_path)
    code = example("python").replace("steps=1000", "steps=3").replace("n=64", "n=4")
    names = {}
    exec(compile(code, "README.md", "exec"), names)
    assert names["x"].values.shape == (4, 8, 8, 1) and names["y"].values.shape == (1000, 2)


def test_the_cpp_example_compiles(tmp_path):
    (tmp_path / "include").mkdir()
    (tmp_path / "include/fokker").symlink_to(ROOT)
    (tmp_path / "main.cpp").write_text(example("cpp"))
    subprocess.run(["g++", "-std=c++20", "-fsyntax-only", f"-I{tmp_path}/include", tmp_path / "main.cpp"], check=True)


def test_every_file_that_the_readme_links_is_there():
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / target).exists(), target
