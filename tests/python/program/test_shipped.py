"""What comes with Fokker is found from any folder, and the command is the same from Python."""

import os
import pathlib
import subprocess
import sys

import h5py
import pytest

import fokker as fk
from command import ROOT, datasets, fokker

SHORT = ["train.steps=2", "data.n=100", "train.batch=10", "sample.0.n=20", "sample.0.steps=3", "sample.1.n=20",
         "sample.1.steps=3", "evaluate.metrics=['energy']"]


def from_python(*arguments, **options):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.run([sys.executable, "-m", "fokker", *map(str, arguments)], capture_output=True, text=True,
                          env=environment, **options)


def test_every_config_is_listed():
    names = [line.split()[0] for line in fokker("list", "configs").stdout.splitlines()]
    assert names == sorted(file.name for file in (ROOT / "experiments").glob("*.toml")) and "digits.toml" in names


@pytest.mark.parametrize("name", ["moons.toml", "experiments/moons.toml"])
def test_a_config_is_found_by_its_name(tmp_path, name):
    one = fokker("run", ROOT / "experiments/moons.toml", *SHORT, "--out", tmp_path / "one")
    assert one.returncode == 0, one.stderr
    other = fokker("run", name, *SHORT, "--out", "other", cwd=tmp_path)
    assert other.returncode == 0, other.stderr
    expected, found = datasets(tmp_path / "one/results.h5"), datasets(tmp_path / "other/results.h5")
    assert expected.keys() == found.keys() and (expected["samples/heun/x"] == found["samples/heun/x"]).all()
    assert fk.read_config(name) == fk.read_config(str(ROOT / "experiments/moons.toml"))


def test_a_file_of_the_working_directory_comes_first(tmp_path):
    (tmp_path / "moons.toml").write_text("train.stepz = 3\n")
    result = fokker("run", "moons.toml", cwd=tmp_path)
    assert result.returncode == 2 and result.stderr.startswith("fokker run: moons.toml:1: train.stepz")
    missing = fokker("run", "experiments/suns.toml", cwd=tmp_path)
    assert missing.returncode == 4 and "experiments/suns.toml" in missing.stderr


@pytest.mark.parametrize("arguments", [["list", "solvers"], ["--version"], ["run", "suns.toml"], ["list", "suns"],
                                       ["suns"]])
def test_the_command_from_python_says_and_returns_the_same(tmp_path, arguments):
    one, other = fokker(*arguments, cwd=tmp_path), from_python(*arguments, cwd=tmp_path)
    assert (one.returncode, one.stdout, one.stderr) == (other.returncode, other.stdout, other.stderr)


def test_a_reader_that_leaves_ends_the_command_from_python():
    command = f"{sys.executable} -m fokker list keys | true; exit ${{PIPESTATUS[0]}}"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, env=environment)
    assert done.stderr == "" and done.returncode in (0, 128 + 13)


def test_an_installed_package_has_its_own_configs_and_data(tmp_path):
    build = pathlib.Path(fk.__file__).parents[2]
    subprocess.run(["cmake", "--install", build, "--component", "python", "--prefix", tmp_path], check=True,
                   stdout=subprocess.DEVNULL)
    experiments = tmp_path / "fokker/experiments"
    assert (experiments / "search/gan_digits.toml").is_file()
    (experiments / "another.toml").write_text("name = 'not in the source tree'\n")
    with h5py.File(experiments / "data/shipped/digits.h5", "r+") as file:
        file["label"][...] = 7
    code = ("import fokker as fk; "
            "print(fk.read_config('another.toml')['name'], set(fk.datasets.digits().training_labels))")
    done = subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": str(tmp_path)}, cwd=tmp_path,
                          capture_output=True, text=True)
    assert done.stdout == "not in the source tree {7}\n", done.stderr
