"""`fokker run` of a table of systems: each an experiment of its own, and their figures side by side."""

import signal
import subprocess
import sys
import time

import h5py
import numpy as np
import pytest
from command import COMMAND, ROOT, datasets, fokker

EXPERIMENT = """
name = "{name}"
[data]
source = "digits"
n = 300
[sde]
kind = "{sde}"
[network]
channels = [8]
attention = [false]
layers_per_block = 1
groups = 4
[train]
{train}
steps = 30
batch = 16
checkpoint_every = 5
[[sample]]
solver = "ddim"
steps = 4
n = 20
[evaluate]
metrics = ["frechet", "precision_recall"]
classifier_steps = 10
"""

TABLE = """
systems = ["a.toml", "b.toml"]
[likelihood]
n = 4
bounds = ["continuous"]
continuous = {terms = "continuous", steps = 4}
"""


@pytest.fixture(scope="module")
def configs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("systems")
    (folder / "a.toml").write_text(EXPERIMENT.format(name="noise", sde="vp", train=""))
    (folder / "b.toml").write_text(EXPERIMENT.format(name="velocity", sde="flow", train='prediction = "velocity"'))
    (folder / "systems.toml").write_text(TABLE)
    return folder


@pytest.fixture(scope="module")
def table(configs):
    out = configs / "out"
    result = fokker("run", configs / "systems.toml", "--out", out)
    assert result.returncode == 0, result.stderr
    return out, result.stdout


def test_the_table_holds_the_figures_of_the_runs(table):
    out, text = table
    with h5py.File(out / "systems.h5") as file:
        assert list(file["systems"]) == ["noise", "velocity"]
        for name in ("noise", "velocity"):
            with h5py.File(out / name / "results.h5") as run:
                row = file[f"systems/{name}/samplers/ddim"]
                for metric in ("frechet", "precision", "recall"):
                    assert row[metric][()] == run[f"evaluation/ddim/{metric}"][()]
                assert row["nfe"][()] == run["samples/ddim"].attrs["nfe"]
                bits = file[f"systems/{name}/bits/continuous"][()]
            assert bits.shape == (4,) and np.all(bits > 0)
            line = next(line for line in text.splitlines() if line.startswith(name + " "))
            assert f"{bits.mean():.3f}" in line
        assert file["systems/velocity"].attrs["objective"] == "dsm, velocity"
    assert (out / "systems.txt").read_text() in text
    assert (out / "systems.png").stat().st_size > 0


def test_killed_tables_resume_to_the_same_figures(configs, table, tmp_path):
    out = tmp_path / "killed"
    process = subprocess.Popen([COMMAND, "run", configs / "systems.toml", "--out", out, "--quiet"])
    deadline = time.time() + 60
    while not list(out.glob("noise/checkpoints/*.safetensors")) and time.time() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (out / "systems.h5").exists()
    assert fokker("resume", out, "--threads", 1).returncode == 0
    expected, resumed = datasets(table[0] / "systems.h5"), datasets(out / "systems.h5")
    assert expected.keys() == resumed.keys()
    for name, value in expected.items():
        assert np.array_equal(value, resumed[name]), name


def test_a_wrong_system_is_named_before_anything_runs(configs, tmp_path):
    def message(text):
        (configs / "wrong.toml").write_text(text)
        result = fokker("run", configs / "wrong.toml", "--out", tmp_path / "wrong")
        assert result.returncode == 2 and not (tmp_path / "wrong").exists()
        return result.stderr

    missing = fokker("run", configs / "missing.toml", "--out", tmp_path / "wrong")
    assert missing.returncode == 4 and "missing.toml" in missing.stderr
    assert "noise" in message('systems = ["a.toml", "a.toml"]')
    assert "train.stepz" in message('systems = ["a.toml"]\nset = ["train.stepz=3"]')
    assert "sweep" in fokker("run", configs / "systems.toml", "-m", "train.steps=1,2").stderr


EXPERIMENTS = ROOT / "experiments"
DIGITS = [str(path.relative_to(EXPERIMENTS)) for path in EXPERIMENTS.rglob("*_digits.toml")]
SYSTEMS = sorted(path for path in DIGITS
                 if not any(word in path for word in ("compare", "table", "rare", "hinge", "search")))
SMALL = ["data.n=120", "train.steps=9", "train.batch=12", "train.warmup=2", "train.checkpoint_every=1", "train.validate_samples=8"]


def trained(config, out, *more):
    result = fokker("train", EXPERIMENTS / config, *SMALL, "--out", out, *more)
    assert result.returncode == 0, result.stderr
    return (out / "model.safetensors").read_bytes()


@pytest.mark.parametrize("precision", ["f32", "bf16"])
@pytest.mark.parametrize("config", SYSTEMS)
def test_every_system_has_the_same_bits_on_any_threads_and_after_a_kill(config, precision, tmp_path):
    key = f"train.precision={precision}"
    one = trained(config, tmp_path / "one", key, "--threads", 1)
    assert trained(config, tmp_path / "three", key, "--threads", 3) == one
    assert trained(config, tmp_path / "seed", key, "seed=1") != one
    killed = tmp_path / "killed"
    process = subprocess.Popen([COMMAND, "train", EXPERIMENTS / config, *SMALL, key, "--out", killed, "--quiet"])
    deadline = time.time() + 60
    while not list(killed.glob("checkpoints/*3.safetensors")) and process.poll() is None and time.time() < deadline:
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert fokker("resume", killed, "--threads", 2).returncode == 0
    assert (killed / "model.safetensors").read_bytes() == one


@pytest.mark.parametrize("config, override, word", [
    ("systems/ddpm_digits.toml", "network.out_channels=1", "out_channels"),
    ("systems/vdm_digits.toml", "train.prediction=x0", "epsilon"),
    ("systems/ddpm_digits.toml", "data.source=two_moons", "unet"),
    ("systems/edm_digits.toml", "network.classes=3", "network.classes"),
    ("digits.toml", "train.objective=regression", "regression"),
])  # fmt: skip
def test_what_does_not_fit_is_named_before_there_is_a_folder(config, override, word, tmp_path):
    result = fokker("train", EXPERIMENTS / config, override, "--out", tmp_path / "run")
    assert result.returncode == 2 and word in result.stderr, result.stderr
    assert not (tmp_path / "run").exists()


def test_a_random_search_ranks_its_trials(configs, tmp_path):
    (configs / "search.toml").write_text("""
seed = 5
rank = ["-frechet", "recall"]
[systems."a.toml"]
sampler = "ddim"
"train.learning_rate" = [1e-3, 4e-3]
"train.batch, train.steps" = [[8, 6], [16, 3]]
""")
    command = [sys.executable, ROOT / "scripts/random_search.py", configs / "search.toml", "--trials", "3", "--fokker", COMMAND,
               "--out", tmp_path]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    lines = result.stdout.splitlines()
    trials, best = lines[:3], lines[3:]
    assert all(line.startswith("a.toml ") and "frechet" in line for line in trials)
    assert all(("train.batch=8 train.steps=6" in t) or ("train.batch=16 train.steps=3" in t) for t in trials if " 0 " not in t[:12])
    distances = [float(line.split("frechet ")[1].split()[0]) for line in trials]
    assert abs(float(best[0].split("[")[1].split(",")[0]) - min(distances)) < 1e-2 * min(distances)
    assert {path.name for path in tmp_path.iterdir()} == {"a-00", "a-01", "a-02"}
    again = subprocess.run(command, capture_output=True, text=True)
    assert again.returncode == 1 and again.stdout == "" and "earlier search; choose another --out" in again.stderr
