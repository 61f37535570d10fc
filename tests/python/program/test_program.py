"""The program `fokker` under hard use: places that are no files, output that nobody reads, signals, sweeps, settings at the edge."""

import json
import os
import signal
import subprocess
import time

import h5py
import numpy as np
import pytest

from command import COMMAND, ROOT, datasets, default_signals, fokker

MOONS = ROOT / "experiments/moons.toml"
SMALL = ["data.n=400", "network.hidden=[16]", "train.steps=40", "train.batch=64", "train.checkpoint_every=10",
         "sample.0.steps=5", "sample.0.n=40", "sample.1.steps=5", "sample.1.n=40", "evaluate.metrics=['energy']"]
ENDLESS = [*SMALL, "train.steps=2000000", "train.checkpoint_every=1000000", "train.log_every=1"]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    path = tmp_path_factory.mktemp("runs") / "moons"
    result = fokker("run", MOONS, *SMALL, "--out", path)
    assert result.returncode == 0, result.stderr
    return path


def one_line(text):
    return len(text.splitlines()) == 1 and len(text) <= 501 and text.strip().isprintable()


def status_of(path):
    return json.loads((path / "run.json").read_text())["status"]


# Places that are no files.

def special(path, kind):
    if kind == "pipe":
        os.mkfifo(path)
    else:
        try:
            os.mknod(path, 0o600 | 0o020000, os.makedev(1, 3))  # another /dev/null
        except PermissionError:
            pytest.skip("making a device needs root")
    return path


@pytest.mark.parametrize("kind", ["pipe", "device"])
@pytest.mark.parametrize("command", ["run", "sweep", "sample", "compare", "orders", "prepare", "systems"])
def test_out_never_replaces_what_is_no_file(run, tmp_path, kind, command):
    place = special(tmp_path / "place", kind)
    arguments = {"run": ["run", MOONS, *SMALL], "sweep": ["run", MOONS, *SMALL, "-m", "seed=0,1"], "sample": ["sample", run],
                 "compare": ["compare", ROOT / "experiments/compare_samplers.toml"], "orders": ["orders", "sra1"],
                 "prepare": ["data", "prepare", "two_moons"], "systems": ["run", ROOT / "experiments/systems.toml"]}[command]
    start = time.monotonic()
    result = fokker(*arguments, "--out", place)
    assert result.returncode == 4 and str(place) in result.stderr and one_line(result.stderr), result.stderr
    assert time.monotonic() - start < 20  # before the work, not behind it
    assert place.is_fifo() or place.is_char_device()


def test_python_never_replaces_what_is_no_file(tmp_path):
    import fokker as fk

    pipe = special(tmp_path / "pipe", "pipe")
    with pytest.raises(OSError, match="pipe"):
        fk.datasets.prepare("two_moons", pipe, n=100)
    network = fk.Mlp(hidden=(4,), seed=0)
    network.build((2,))
    with pytest.raises(OSError, match="pipe"):
        network.save(pipe)
    assert pipe.is_fifo()


# What can be known is checked before the training, and what fails behind it leaves the rest.

EDGE = [
    (["sample.0.n=1", "evaluate.metrics=['energy']"], "n ≥ 2"),
    (["sample.0.n=3", "evaluate.metrics=['precision_recall']"], "n ≥ 4"),
    (["sample.1.n=5", "evaluate.metrics=['precision_recall']", "evaluate.neighbours=5"], "n ≥ 6"),
    (["evaluate.metrics=['precision_recall']", "evaluate.limit=3"], "limit"),
    (["data.source=regression_toy", "evaluate.metrics=['modes']"], ""),
    (["sample.0.name=a/b"], "sample.0"),
    (["sample.0.name=.."], "sample.0"),
    (["sample.0.name=a\\b"], "sample.0"),
    (["sample.0.name=" + "x" * 300], "sample.0"),
    (["name=../up"], "name"),
    (["inpaint.0.name=../../x"], "inpaint"),
    (["denoise.0.name=a/b"], "denoise"),
    (["detect.0.name=a/b"], "detect"),
    (["train.learning_rate=inf"], "train.learning_rate"),
    (["train.learning_rate=1e300"], "train.learning_rate"),
    (["sample.0.n=9223372036854775807"], "sample.0.n"),
    (["train.batch=4294967296"], "train.batch"),
    (["train.adversarial.r1_every=4294967296"], "r1_every"),
    (["train.adversarial.r1_every=4294967297"], "r1_every"),
    (["data.n=-9223372036854775808"], "data.n"),
]


@pytest.mark.parametrize("settings, word", EDGE, ids=lambda value: str(value)[:60])
def test_settings_that_cannot_work_are_refused_before_the_training(tmp_path, settings, word):
    result = fokker("run", MOONS, *SMALL, "train.steps=2000000", *settings, "--out", tmp_path / "run")
    assert result.returncode == 2 and word in result.stderr and one_line(result.stderr), result.stderr
    assert not list(tmp_path.iterdir())


def test_the_least_samples_that_the_default_metrics_take(tmp_path):
    metrics = "evaluate.metrics=['sliced_w2','energy','mmd','frechet','precision_recall','nearest_neighbour']"
    result = fokker("run", MOONS, *SMALL, "sample.0.n=4", "sample.1.n=4", metrics, "--out", tmp_path / "run")
    assert result.returncode == 0, result.stderr


def test_a_failure_behind_the_training_leaves_the_other_results(tmp_path):
    """A sampler that overflows: the other set of samples, the losses and the weights stay."""
    result = fokker("run", MOONS, *SMALL, "sample.0.solver=euler_maruyama", "sample.0.eta=1e18", "--out", tmp_path / "run")
    assert result.returncode == 3 and one_line(result.stderr), result.stderr
    assert status_of(tmp_path / "run") == "failed"
    with h5py.File(tmp_path / "run/results.h5") as file:
        assert list(file["samples"]) == ["heun"] and np.isfinite(file["evaluation/heun/energy"][()])
        assert file["metrics/train/step"].shape == (40,)


# Output.

@pytest.mark.parametrize("arguments", [["list", "solvers"], ["list", "keys"], ["orders", "sra1", "--paths", "30"], ["--help"],
                                       ["info"], ["run", MOONS, *SMALL]])
def test_a_table_that_was_not_written_is_an_error(tmp_path, arguments):
    with open("/dev/full", "w") as full:
        result = subprocess.run([COMMAND, *map(str, arguments)], stdout=full, stderr=subprocess.PIPE, text=True, cwd=tmp_path)
    assert result.returncode == 4
    if arguments[0] != "--help":
        assert one_line(result.stderr) and "No space left" in result.stderr
    for file in tmp_path.rglob("run.json"):
        assert status_of(file.parent) == "done"


def test_a_closed_pipe_ends_the_output_and_not_the_run(tmp_path):
    process = subprocess.Popen([COMMAND, "run", str(MOONS), *SMALL, "--out", str(tmp_path / "run")], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE)
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr.read() == b"" and process.wait(60) == 0
    assert status_of(tmp_path / "run") == "done" and (tmp_path / "run/results.h5").exists()


def test_messages_are_one_printable_line(tmp_path):
    for arguments, code in [(["run", MOONS, "train.st\x1b[31meps=1"], 2), (["run", "no\x1b[2J\nfile.toml"], 4),
                            (["run", MOONS, "sample.0.solver=" + "x" * 5000], 2), (["run", MOONS, "--nothing\n"], 2),
                            (["sample", tmp_path, "a" * 3000 + "=1"], 4), (["\x07fly"], 2), (["run"], 2),
                            (["run", MOONS, *SMALL, "name=\x1b[31mred"], 2), ([b"run", b"\xff\xfe.toml"], 4)]:
        result = subprocess.run([COMMAND, *(a if isinstance(a, bytes) else str(a) for a in arguments)], capture_output=True,
                                cwd=tmp_path)
        text = result.stderr.decode()
        assert result.returncode == code and one_line(text), (arguments, text)


def test_a_call_without_a_command_says_what_there_is():
    for arguments, words in [([], ["run", "sample", "inpaint", "fokker run experiments/digits.toml"]),
                             (["data"], ["describe", "prepare"])]:
        result = fokker(*arguments)
        assert result.returncode == 2 and not result.stdout
        assert all(word in result.stderr for word in words) and "required" not in result.stderr


# Signals.

def started(arguments, ready, preexec_fn=default_signals, **options):
    process = subprocess.Popen([COMMAND, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                               preexec_fn=preexec_fn, **options)
    deadline = time.monotonic() + 60
    while not ready():
        assert process.poll() is None and time.monotonic() < deadline, process.stderr.read()
        time.sleep(0.005)
    return process


def ended(process, kind):
    start = time.monotonic()
    process.send_signal(kind)
    try:
        _, errors = process.communicate(timeout=60)
    finally:
        process.kill()
    return process.returncode, errors, time.monotonic() - start


@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_saves_the_step_and_says_how_to_go_on(tmp_path, kind):
    path = tmp_path / "run"
    process = started(["run", MOONS, *ENDLESS, "--out", path],
                      lambda: (path / "log.txt").exists() and "step" in (path / "log.txt").read_text())
    code, errors, seconds = ended(process, kind)
    assert code == 128 + kind and seconds < 2
    assert one_line(errors) and kind.name in errors and f"fokker resume {path}" in errors and "step " in errors
    assert status_of(path) == "stopped"
    steps = len((path / "metrics.jsonl").read_text().splitlines())
    assert f"step {steps} of 2000000" in errors and list((path / "checkpoints").glob(f"*{steps}.safetensors"))


def test_nohup_keeps_its_promise(tmp_path):
    path = tmp_path / "run"
    process = started(["run", MOONS, *SMALL, "--out", path], lambda: (path / "log.txt").exists(),
                      preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
    assert ended(process, signal.SIGHUP)[0] == 0 and status_of(path) == "done"


LONG = {
    "sampling": ["run", MOONS, *SMALL, "sample.0.steps=2000000"],
    "evaluation": ["run", MOONS, *SMALL, "data.n=40000", "sample.0.n=20000", "evaluate.limit=20000",
                   "evaluate.metrics=['energy','mmd']"],
    "prepare": ["data", "prepare", "two_moons", "n=100000", "remove_outliers=3.0", "near_duplicates=0.001", "--out", "data.h5"],
    "describe": ["data", "describe", "two_moons", "n=200000"],
    "compare": ["compare", ROOT / "experiments/compare_samplers.toml", "--out", "comparison"],
    "orders": ["orders"],
}


@pytest.mark.parametrize("work", LONG)
def test_long_work_ends_within_a_second(tmp_path, work):
    begun = time.monotonic()
    path = tmp_path / "runs"
    ready = (lambda: list(tmp_path.glob("runs/*/*/model.safetensors"))) if work in ("sampling", "evaluation") else \
        lambda: time.monotonic() - begun > 1.5
    process = started(LONG[work], ready, cwd=tmp_path)
    time.sleep(1)
    code, errors, seconds = ended(process, signal.SIGTERM)
    assert code == 128 + signal.SIGTERM and seconds < 1.5 and one_line(errors), (errors, seconds)
    if work in ("sampling", "evaluation"):
        run = next(path.glob("*/*"))
        assert status_of(run) == "stopped" and "fokker resume" in errors


# Sweeps.

def test_a_sweep_has_one_folder_and_outlives_a_member_that_diverges(tmp_path):
    result = fokker("run", MOONS, *SMALL, "train.clip=0.0", "-m", "train.learning_rate=1e-3,1e30,2e-3", cwd=tmp_path)
    assert result.returncode == 3, result.stderr
    (folder,) = (tmp_path / "runs/moons").iterdir()
    assert sorted(p.name for p in folder.iterdir()) == ["0", "1", "2", "sweep.toml"]
    assert [status_of(folder / str(i)) for i in range(3)] == ["done", "failed", "done"]
    table = [line.split()[:2] for line in result.stdout.splitlines()[-4:-1]]
    assert table == [["0", "done"], ["1", "failed"], ["2", "done"]]


@pytest.mark.parametrize("again", ["resume", "run"])
def test_a_killed_sweep_is_continued(tmp_path, again):
    call = ["run", MOONS, *SMALL, "train.steps=400", "-m", "seed=0,1,2", "--out"]
    assert fokker(*call, tmp_path / "whole").returncode == 0
    path = tmp_path / "sweep"
    process = started([*call, path], lambda: (path / "1/checkpoints").exists())
    process.kill()
    process.communicate()
    first = (path / "0/results.h5").stat()
    result = fokker(*call, path) if again == "run" else fokker("resume", path)
    assert result.returncode == 0, result.stderr
    assert (path / "0/results.h5").stat().st_mtime_ns == first.st_mtime_ns  # untouched
    for member in "012":
        a, b = (datasets(tmp_path / sweep / member / "results.h5") for sweep in ("whole", "sweep"))
        assert a.keys() == b.keys() and all(np.array_equal(a[name], b[name]) for name in a)
    other = fokker("run", MOONS, *SMALL, "-m", "seed=0,7,2", "--out", path)
    assert other.returncode == 2 and "another sweep" in other.stderr


def test_a_sweep_is_checked_whole_before_it_starts(tmp_path):
    result = fokker("run", MOONS, *SMALL, "-m", "sample.0.n=40,1", "--out", tmp_path / "sweep")
    assert result.returncode == 2 and not list(tmp_path.iterdir())


# Uses start from the run's own tables.

@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    path = tmp_path_factory.mktemp("runs") / "digits"
    result = fokker("run", ROOT / "experiments/conditional_digits.toml", "network.channels=[16,32]", "network.attention=[false,false]",
                    "train.steps=250", "train.batch=64", "sample.0.n=20", "sample.0.steps=7", "guidance_sweep=[]", "inpaint=[]",
                    "denoise=[]", "synthesise=[]", "edit.0.n=40", "edit.0.seed=3", "edit.0.strengths=[0.4,0.9]",
                    "evaluate.metrics=[]", "--out", path)
    assert result.returncode == 0, result.stderr
    return path


def edited(run, folder, *settings):
    result = fokker("edit", run, *settings, "--out", folder)
    assert result.returncode == 0, result.stderr
    with h5py.File(folder / "results.h5") as file:
        group = file["applications/edit"]
        return {name: item[()] for name, item in group.items() if isinstance(item, h5py.Dataset)}


def test_edit_starts_from_the_table_of_the_run(digits, tmp_path):
    with h5py.File(digits / "results.h5") as file:
        own = file["applications/edit/edited"][()]
    assert np.array_equal(edited(digits, tmp_path / "whole")["edited"], own)
    assert np.array_equal(edited(digits, tmp_path / "one", "strengths=[0.4]")["edited"], own[:1])
    other = edited(digits, tmp_path / "other", "strengths=[0.4]", "seed=4")["edited"]
    assert other.shape == own[:1].shape and not np.array_equal(other, own[:1])


def test_a_strength_is_a_noise_level_whatever_the_grid(digits, tmp_path):
    """The picture hardly depends on the grid, and a digit keeps its class at 0.4."""
    found = {grid: edited(digits, tmp_path / grid, f"grid={grid}", "steps=40", "solver=ddim", "strengths=[0.4]")
             for grid in ("uniform", "log_snr", "karras")}
    inputs = found["uniform"]["input"]
    moved = {grid: np.sqrt(np.mean((f["edited"][0] - inputs) ** 2)) for grid, f in found.items()}
    assert max(moved.values()) < 1.25 * min(moved.values()), moved
    strong = edited(digits, tmp_path / "strong", "strengths=[0.95]")["edited"][0]
    assert np.sqrt(np.mean((strong - inputs) ** 2)) > 1.5 * max(moved.values())


def test_samples_start_from_the_table_of_their_solver(digits, tmp_path):
    for settings, steps, n in [([], 7, 20), (["n=3"], 7, 3), (["solver=heun", "n=2"], 100, 2), (["steps=5"], 5, 20)]:
        result = fokker("sample", digits, *settings, "--out", tmp_path / "x.h5")
        assert result.returncode == 0, result.stderr
        with h5py.File(tmp_path / "x.h5") as file:
            (name,) = file["samples"]
            group = file[f"samples/{name}"]
            assert group.attrs["n_steps"] == steps and group["image"].shape[0] == n
            assert ("labels = [0" in group.attrs["sampler_config"]) == ("solver=heun" not in settings)
