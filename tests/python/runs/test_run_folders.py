"""The folder of a run: it alone is enough to sample, nothing in it is lost or replaced, and nothing outside it is touched."""

import fcntl
import os
import shutil
import subprocess
import time

import h5py
import numpy as np
import pytest

import fokker as fk
from command import COMMAND, datasets, fokker

CONFIG = """
name = "waves"
[data]
source = "npy:{data}"
held_out = 0.25
scaling = "standardise_all"
[network]
kind = "mlp"
hidden = [16]
time_dimension = 16
[train]
steps = 40
batch = 32
checkpoint_every = 10
[[sample]]
solver = "heun"
grid = "log_snr"
steps = 4
n = 16
[[denoise]]
noise = 0.2
n = 4
[evaluate]
metrics = ["energy"]
"""
SAMPLE = ["solver=heun", "grid=log_snr", "steps=4", "n=16"]


def values_of(file):
    with h5py.File(file) as opened:
        return opened["samples/heun/x"][()]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("folders")
    np.save(folder / "data.npy", np.random.default_rng(0).normal(size=(120, 3)).astype("float32"))
    (folder / "c.toml").write_text(CONFIG.format(data=folder / "data.npy"))
    result = fokker("run", folder / "c.toml", "--out", folder / "run", "--quiet")
    assert result.returncode == 0, result.stderr
    return folder


@pytest.fixture
def folder(made, tmp_path):
    """Data, config and a finished run of one's own."""
    shutil.copytree(made, tmp_path / "own")
    text = (tmp_path / "own/c.toml").read_text()
    (tmp_path / "own/c.toml").write_text(text.replace(str(made), str(tmp_path / "own")))
    return tmp_path / "own"


@pytest.fixture
def movable(tmp_path):
    """A run whose data may be changed."""
    np.save(tmp_path / "data.npy", np.random.default_rng(0).normal(size=(120, 3)).astype("float32"))
    (tmp_path / "c.toml").write_text(CONFIG.format(data=tmp_path / "data.npy"))
    assert fokker("run", tmp_path / "c.toml", "--out", tmp_path / "run", "--quiet").returncode == 0
    return tmp_path


def same(a, b):
    return a.keys() == b.keys() and all(np.asarray(a[name]).tobytes() == np.asarray(b[name]).tobytes() for name in a)


def snapshot(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.name != "run.lock"}


# --- data ---


def test_the_scale_is_that_of_the_run(movable, tmp_path_factory):
    expected = values_of(movable / "run/results.h5")
    data = np.load(movable / "data.npy")
    np.save(movable / "data.npy", 100 * data)
    for state in ("changed", "gone"):
        result = fokker("sample", "run", *SAMPLE, cwd=movable)
        assert result.returncode == 0, result.stderr
        found = [line.split()[1] for line in result.stdout.splitlines() if line.endswith(".h5")]
        assert np.array_equal(values_of(movable / found[0]), expected)
        run = fk.load_run(movable / "run")
        drawn = run.sample(solver="heun", grid="log_snr", steps=4, n=16)
        assert np.array_equal(drawn.values, expected) and drawn.range == pytest.approx((data.min(), data.max()))
        for command in (["evaluate", "run"], ["resume", "run"], ["likelihood", "run"], ["denoise", "run"]):
            result = fokker(*command, cwd=movable)
            assert result.returncode == (2 if state == "changed" else 4), (command, result.stderr)
            assert str(movable / "data.npy") in result.stderr
            assert state == "gone" or result.stderr.count("SHA-256") == 1 and "found" in result.stderr
        with pytest.raises(fk.ConfigError if state == "changed" else OSError, match="data.npy"):
            run.data
        (movable / "data.npy").unlink(missing_ok=True)
    np.save(movable / "data.npy", data)
    assert fokker("evaluate", "run", cwd=movable).returncode == 0


def test_a_moved_run_samples_elsewhere(folder, tmp_path):
    shutil.move(folder / "run", tmp_path / "elsewhere")
    shutil.rmtree(folder)
    result = fokker("sample", "elsewhere", *SAMPLE, "--out", "new.h5", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert np.array_equal(values_of(tmp_path / "new.h5"), values_of(tmp_path / "elsewhere/results.h5"))


# --- names ---


@pytest.mark.parametrize("name", ["../../x", "a/b", "a\\\\b", ".hidden", "x" * 101, "a\\nb", "samples", "denoising-x", "likelihood"])
def test_names_are_those_of_plain_files(folder, name):
    for table in ("sample", "denoise"):
        if name == "likelihood" if table == "denoise" else name.startswith(("samples", "denoising")):
            continue  # a name that the other kind of table may not have
        text = (folder / "c.toml").read_text().replace(f"[[{table}]]", f'[[{table}]]\nname = "{name}"')
        (folder / "wrong.toml").write_text(text)
        result = fokker("run", folder / "wrong.toml", "--out", folder / "out")
        assert result.returncode == 2 and table in result.stderr and len(result.stderr.splitlines()) == 1, result.stderr
        assert not (folder / "out").exists()


def test_no_call_replaces_what_is_there(folder):
    before = snapshot(folder / "run")
    calls = [["sample", folder / "run", *SAMPLE, "name=results"], ["sample", folder / "run", *SAMPLE],
             ["denoise", folder / "run", "n=4"], ["denoise", folder / "run", "n=3", "name=results"]]
    for call in calls + calls:
        result = fokker(*call)
        assert result.returncode == 0, result.stderr
        said = {line.split(maxsplit=1)[1] for line in result.stdout.splitlines() if line.startswith("wrote")}
        after = snapshot(folder / "run")
        assert {path: after[path] for path in before} == before
        assert {str(path) for path in after.keys() - before.keys()} == said and said
        before = after
    for name in ("../x", "a/b", "."):
        assert fokker("sample", folder / "run", *SAMPLE, f"name={name}").returncode == 2
        assert fokker("denoise", folder / "run", "n=2", f"name={name}").returncode == 2
    for call in (["sample", folder / "run", *SAMPLE, "--out", folder / "run/results.h5"],
                 ["denoise", folder / "run", "--out", folder / "run"]):
        result = fokker(*call)
        assert result.returncode == 2 and "--out" in result.stderr
    assert snapshot(folder / "run") == before


# --- links and pipes ---


@pytest.mark.parametrize("command", ["evaluate", "resume", "likelihood"])
@pytest.mark.parametrize("name", ["run.lock", "log.txt", "metrics.jsonl", "checkpoints"])
def test_nothing_is_written_by_way_of_a_link(folder, command, name):
    outside = folder / "outside"
    if name == "checkpoints":
        shutil.move(folder / "run/checkpoints", outside)
    else:
        outside.write_text("mine")
        (folder / "run" / name).unlink()
    (folder / "run" / name).symlink_to(outside)
    before = snapshot(outside) if outside.is_dir() else outside.read_bytes()
    result = fokker(command, folder / "run")
    assert result.returncode == 4 and name in result.stderr and "link" in result.stderr, result.stderr
    assert (snapshot(outside) if outside.is_dir() else outside.read_bytes()) == before


@pytest.mark.parametrize("name", ["run.lock", "log.txt", "metrics.jsonl", "config.toml", "run.json", "data.json",
                                  "results.h5", "model.safetensors", "checkpoints/step-00000040.safetensors"])
def test_a_pipe_is_not_waited_for(folder, name):
    (folder / "run" / name).unlink()
    os.mkfifo(folder / "run" / name)
    for command in ("evaluate", "resume", "likelihood", "sample", "info"):
        result = subprocess.run([COMMAND, command, str(folder / "run")], capture_output=True, text=True, timeout=20)
        assert result.returncode == 4 and name in result.stderr and "pipe" in result.stderr, (command, result.stderr)


# --- the log ---


def lines_of(folder):
    return (folder / "run/metrics.jsonl").read_text().splitlines(keepends=True)


@pytest.mark.parametrize("change", [
    lambda lines: lines[:26],                                         # a power cut without a sync
    lambda lines: lines[:11] + lines[12:],                            # a gap
    lambda lines: lines[:11] + [lines[11][:9] + "\n"] + lines[12:],   # half a line
    lambda lines: [],
    lambda lines: lines[:11] + ["[]\n"] + lines[12:],
    lambda lines: lines[:11] + [lines[11].replace('"step":12', '"step":"12"')] + lines[12:],
    lambda lines: lines[:11] + [lines[11].replace('"step":12', '"step":1e300')] + lines[12:],
    lambda lines: lines[:11] + [lines[11].replace('"train_loss":', '"train_loss":1')] + lines[12:],
    lambda lines: lines[:11] + [lines[11].replace('"lr"', '"lR"')] + lines[12:],
], ids=["cut", "gap", "half", "empty", "list", "text", "huge", "digit", "key"])
def test_a_log_that_is_not_whole_is_an_error(folder, change):
    before = (folder / "run/results.h5").read_bytes()
    lines = lines_of(folder)
    changed = change(lines)
    assert changed != lines
    (folder / "run/metrics.jsonl").write_text("".join(changed))
    result = fokker("resume", folder / "run")
    assert result.returncode == 2 and "metrics.jsonl" in result.stderr and "checkpoints" in result.stderr, result.stderr
    assert (folder / "run/results.h5").read_bytes() == before
    # The remedy works: the same results from the start.
    expected = datasets(folder / "run/results.h5")
    shutil.rmtree(folder / "run/checkpoints")
    assert fokker("resume", folder / "run").returncode == 0
    assert same(datasets(folder / "run/results.h5"), expected)


def test_lines_behind_the_checkpoint_are_dropped(folder):
    lines = lines_of(folder)
    (folder / "run/metrics.jsonl").write_text("".join(lines) + lines[-1].replace('"step":40', '"step":41') + '{"st')
    assert fokker("resume", folder / "run").returncode == 0
    assert lines_of(folder) == lines


# --- several processes ---


def test_what_was_added_to_a_run_stays(folder):
    assert fokker("likelihood", folder / "run", "n=4").returncode == 0
    expected = datasets(folder / "run/results.h5")
    assert "evaluation/likelihood/ode/bits_per_dimension" in expected
    assert fokker("resume", folder / "run").returncode == 0
    assert same(datasets(folder / "run/results.h5"), expected)


def test_changes_at_once_are_all_kept(folder):
    commands = [["evaluate", folder / "run", "metrics=['sliced_w2']"], ["likelihood", folder / "run", "n=4"]] * 3
    processes = [subprocess.Popen([COMMAND, *map(str, c)], stdout=subprocess.DEVNULL) for c in commands]
    assert [process.wait(120) for process in processes] == [0] * 6
    with h5py.File(folder / "run/results.h5") as file:
        assert list(file["evaluation/heun"])[0] == "sliced_w2" and "applications/denoise" in file
        assert "ode" in file["evaluation/likelihood"]


def test_a_change_waits_for_the_lock(folder):
    with open(folder / "run/run.lock", "r+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        process = subprocess.Popen([COMMAND, "evaluate", str(folder / "run")], stdout=subprocess.DEVNULL)
        time.sleep(2)
        assert process.poll() is None
    assert process.wait(30) == 0


def test_of_runs_that_start_at_once_one_is_made(folder):
    command = [COMMAND, "run", str(folder / "c.toml"), "train.steps=2", "--out", str(folder / "new"), "--quiet"]
    processes = [subprocess.Popen(command, stderr=subprocess.DEVNULL) for _ in range(5)]
    codes = sorted(process.wait(120) for process in processes)
    assert codes[0] == 0 and set(codes[1:]) <= {2, 4}, codes


# --- bit rot ---


@pytest.mark.parametrize("name, commands", [
    ("config.toml", ["sample", "evaluate", "resume", "likelihood", "info"]),
    ("data.json", ["sample", "evaluate", "resume"]),
    ("model.safetensors", ["sample", "likelihood"]),
    ("results.h5", ["evaluate", "likelihood", "info"]),
])
def test_a_flipped_bit_is_found(folder, name, commands):
    content = bytearray((folder / "run" / name).read_bytes())
    for at in np.random.default_rng(0).integers(0, len(content), 3):
        flipped = content.copy()
        flipped[at] ^= 1 << int(at % 8)
        (folder / "run" / name).write_bytes(flipped)
        for command in commands:
            result = fokker(command, folder / "run")
            assert result.returncode == 2 and name in result.stderr and "SHA-256" in result.stderr, (command, result.stderr)
        if name != "results.h5":
            with pytest.raises(fk.ConfigError, match=name):
                fk.load_run(folder / "run")
    (folder / "run" / name).write_bytes(content)
    assert fokker(commands[0], folder / "run").returncode == 0


def test_a_config_changed_by_hand_says_what_to_do(folder):
    path = folder / "run/config.toml"
    path.write_text(path.read_text().replace("steps = 40", "steps = 50"))
    result = fokker("resume", folder / "run")
    assert result.returncode == 2 and "fokker run" in result.stderr


def test_a_damaged_run_json_is_named(folder):
    for text in ("", "[1]", '{"sha256": 3}', "\x00"):
        (folder / "run/run.json").write_text(text)
        for command in ("info", "evaluate", "sample"):
            result = fokker(command, folder / "run")
            assert result.returncode == 2 and "run.json" in result.stderr, result.stderr


def test_the_empty_levels_of_a_resumed_run_have_the_same_bytes(folder):
    assert fokker("run", folder / "c.toml", "train.steps=10", "train.batch=2", "--out", folder / "whole").returncode == 0
    shutil.copytree(folder / "whole", folder / "again")
    assert fokker("resume", folder / "again").returncode == 0
    a, b = (datasets(folder / name / "results.h5")["metrics/noise_levels/mean"] for name in ("whole", "again"))
    assert np.isnan(a).any() and a.tobytes() == b.tobytes()
