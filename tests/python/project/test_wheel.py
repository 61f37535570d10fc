"""The wheel, built with PyPI's newest pybind11, in an environment of its own and far from the source tree."""

import os
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[3]
SMALL = ["data.n=200", "train.steps=3", "train.batch=10", "evaluate.metrics=['energy']"]


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A function that runs a program of the environment in an empty folder, and the package's folder."""
    folder = tmp_path_factory.mktemp("wheel")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "FOKKER"))}
    # The compiler's name in the build tree: where ccache's base_dir allows, objects are shared.
    environment |= {"CMAKE_BUILD_PARALLEL_LEVEL": str(os.cpu_count()), "CC": "cc", "CXX": "c++"}

    def run(program, *arguments):
        done = subprocess.run([folder / "venv/bin" / program, *map(str, arguments)], cwd=folder, env=environment,
                              capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True, env=environment)
    run("python", "-m", "pip", "wheel", "-q", "--no-deps", "-w", folder, ROOT)
    run("python", "-m", "pip", "install", "-q", *folder.glob("fokker-*.whl"))
    return run, pathlib.Path(run("python", "-c", "import fokker; print(fokker.__path__[0])").strip())


@pytest.mark.nightly
def test_the_command_runs_a_config_of_the_wheel_in_any_folder(installed):
    run, package = installed
    assert (package / "experiments/data/shipped/digits.h5").is_file()
    assert run("fokker", "--version") == run("python", "-m", "fokker", "--version")
    assert "digits.toml " in run("fokker", "list", "configs")
    run("fokker", "run", "digits.toml", *SMALL, "sample=[{solver='sra1', n=40, steps=5}]", "--out", "run")
    code = "import fokker as fk; print(fk.load_run('run').samples('sra1').shape, fk.read_config('moons.toml')['name'])"
    assert run("python", "-c", code).strip() == "(40, 8, 8, 1) moons"
