"""What a training keeps and says beside its weights: averages, held-out loss, early stop, divergence, weight files."""

import json
import os
import signal
import struct
import subprocess
import time

import h5py
import numpy as np
import pytest
import xarray

import fokker as fk
from command import COMMAND, datasets, fokker

CONFIG = """
name = "moons"
[data]
source = "two_moons"
n = 600
[network]
kind = "mlp"
hidden = [32, 32]
time_dimension = 16
[train]
steps = 400
batch = 64
learning_rate = 2e-3
emas = [0.9, 0.99]
ema_lengths = [0.05, 0.1]
snapshot_every = 20
log_every = 32
validate_every = 25
patience = 1000
checkpoint_every = 70
[[sample]]
n = 20
steps = 5
[evaluate]
metrics = ["energy"]
"""


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    path = tmp_path_factory.mktemp("config") / "moons.toml"
    path.write_text(CONFIG)
    return path


@pytest.fixture(scope="module")
def run(config):
    path = config.parent / "run"
    result = fokker("run", config, "--out", path, "--threads", 2)
    assert result.returncode == 0, result.stderr
    return path


def tensors(path):
    """A safetensors file by hand: names to arrays, and the metadata."""
    content = path.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])
    metadata = header.pop("__metadata__", {})
    kinds = {"F32": np.float32, "F64": np.float64}
    data = content[8 + length :]
    return {
        name: np.frombuffer(data[slice(*entry["data_offsets"])], kinds[entry["dtype"]]).reshape(entry["shape"])
        for name, entry in header.items()
    }, metadata


def assert_same_run(a, b):
    for name in ["model.safetensors", "model-ema-0.9.safetensors", "model-ema-0.99.safetensors"]:
        assert (a / name).read_bytes() == (b / name).read_bytes(), name
    # A killed write leaves a temporary file with a dot, which a later one removes.
    snapshots = sorted(file.name for file in (a / "averages").glob("[!.]*"))
    assert snapshots == sorted(file.name for file in (b / "averages").glob("[!.]*")) and len(snapshots) == 20
    for name in snapshots:
        assert (a / "averages" / name).read_bytes() == (b / "averages" / name).read_bytes(), name
    left, right = datasets(a / "results.h5"), datasets(b / "results.h5")
    assert left.keys() == right.keys()
    for name in left:
        assert np.array_equal(left[name], right[name], equal_nan=np.asarray(left[name]).dtype.kind == "f"), name


def rows(path):
    return [json.loads(line) for line in (path / "metrics.jsonl").read_text().splitlines()]


@pytest.mark.parametrize("threads", [1, 3])
def test_the_number_of_threads_changes_nothing(run, config, tmp_path, threads):
    assert fokker("run", config, "--out", tmp_path / "run", "--threads", threads, "--quiet").returncode == 0
    assert_same_run(run, tmp_path / "run")


@pytest.mark.parametrize("after", ["averages/step-00000040.safetensors", "checkpoints/step-00000140.safetensors",
                                   "averages/step-00000220.safetensors", "model-ema-0.9.safetensors"])
def test_a_killed_training_resumes_to_the_same_files(run, config, tmp_path, after):
    path = tmp_path / "run"
    process = subprocess.Popen([COMMAND, "run", config, "--out", path], stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while not (path / after).exists():
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.001)
    process.send_signal(signal.SIGKILL)
    assert process.wait(60) == -signal.SIGKILL
    assert fokker("resume", path).returncode == 0
    assert_same_run(run, path)
    clock = {"wall_time"}
    assert [{k: v for k, v in row.items() if k not in clock} for row in rows(path)] == \
        [{k: v for k, v in row.items() if k not in clock} for row in rows(run)]


def test_metrics_log_and_results_agree(run):
    lines = rows(run)
    held_out = {row["step"]: row["held_out_loss"] for row in lines if "held_out_loss" in row}
    assert list(held_out) == list(range(25, 401, 25)) and held_out[400] < held_out[25]
    assert all(row["clipped"] == (row["grad_norm"] > 1) for row in lines)
    assert len({row["operations"] for row in lines}) == 1
    levels = [row for row in lines if "noise_levels" in row]
    assert [row["step"] for row in levels] == [*range(32, 400, 32), 400]
    assert [sum(row["noise_levels"]["count"]) for row in levels] == [32 * 64] * 12 + [16 * 64]
    held = xarray.open_dataset(run / "results.h5", group="metrics/held_out", engine="h5netcdf")
    assert held["loss"].dims == ("step",) and np.array_equal(held["loss"].values, list(held_out.values()))
    noise = xarray.open_dataset(run / "results.h5", group="metrics/noise_levels", engine="h5netcdf")
    assert noise["mean"].dims == ("step", "level") and noise["mean"].shape == (13, 20)
    assert np.array_equal(noise["count"].values[0], levels[0]["noise_levels"]["count"])
    with h5py.File(run / "results.h5") as file:
        assert file["metrics/train/clipped"][()].tolist() == [row["clipped"] for row in lines]
        assert file["metrics/train/operations"][0] == lines[0]["operations"]
    log = (run / "log.txt").read_text()
    share = 100 * np.mean([row["clipped"] for row in lines])
    assert f"{share:.3g} % of the steps clipped" in log
    assert "GFLOP/s" in log and "samples/s" in log and "fell least at noise levels" in log
    assert (run / "noise-levels.png").read_bytes().startswith(b"\x89PNG")


def test_operations_are_those_of_the_network(run):
    """Forward and both gradients of each linear layer, but none for the input of the first."""
    weights, _ = tensors(run / "model.safetensors")
    products = sum(value.size for value in weights.values() if value.ndim == 2)
    done = rows(run)[0]["operations"] / (2 * 64)
    assert 2.4 * products < done <= 3 * products


def test_any_average_is_made_after_training(run):
    last, metadata = tensors(run / "averages/step-00000400.safetensors")
    assert metadata["step"] == "400"
    kept = fk.load_run(run).with_ema(length=0.05).network.parameters
    for name, value in kept.items():
        np.testing.assert_allclose(value, last[f"length-0.05.{name}"], rtol=1e-5, atol=1e-6)

    # An average that was not kept lies between two that were.
    def weights(**choice):
        return np.concatenate([v.ravel() for v in fk.load_run(run).with_ema(**choice).network.parameters.values()])

    short, between, long = (weights(length=length) for length in (0.05, 0.07, 0.1))
    assert np.linalg.norm(between - short) < np.linalg.norm(long - short)
    assert np.linalg.norm(between - long) < np.linalg.norm(long - short)
    middle, _ = tensors(run / "averages/step-00000200.safetensors")
    by_hand = np.concatenate([middle[f"length-0.1.{name}"].ravel() for name in kept])
    np.testing.assert_allclose(weights(length=0.1, step=200), by_hand, rtol=1e-5, atol=1e-6)
    assert not np.array_equal(weights(decay=0.9), weights()) and np.array_equal(weights(decay=0.999), weights())
    result = fokker("sample", run, "n=4", "steps=3", "--ema-length", 0.07)
    assert result.returncode == 0 and "snapshots" in result.stdout, result.stderr


def test_averages_are_compared_by_their_held_out_loss(run):
    result = fokker("ema", run, 0.05, 0.1, 0.2)
    assert result.returncode == 0, result.stderr
    names = ["decay 0.999", "decay 0.9", "decay 0.99", "length 0.05", "length 0.1", "length 0.2"]
    table = result.stdout.splitlines()[1:]
    assert [" ".join(line.split()[:2]) for line in table] == names
    losses = {name: float(line.split()[-1]) for name, line in zip(names, table)}
    one = fk.load_run(run)
    best = min(row["held_out_loss"] for row in rows(run) if "held_out_loss" in row)
    assert losses["decay 0.999"] == pytest.approx(best, abs=1e-6) and one.held_out_loss() == best
    assert losses["length 0.2"] == pytest.approx(one.with_ema(length=0.2).held_out_loss(), abs=1e-6)
    assert "too few" in fokker("ema", run, 0.002).stdout


@pytest.mark.parametrize("arguments, word", [(["--ema", 0.5], "0.99"), (["--ema-length", 0.4], "0.28"),
                                             (["--ema-length", 0.002], "too few"),
                                             (["--ema-length", 0.1, "--ema-step", 401], "400"),
                                             (["--ema-step", 5], "length"), (["--ema", 0.9, "--ema-length", 0.1], "ema")])
def test_averages_that_cannot_be_had(run, arguments, word):
    result = fokker("sample", run, "n=2", "steps=2", *arguments)
    assert result.returncode == 2 and word in result.stderr


def test_lengths_of_a_run_without_snapshots_are_refused(config, tmp_path):
    assert fokker("train", config, "train.ema_lengths=[]", "train.steps=3", "--out", tmp_path / "run").returncode == 0
    refused = fokker("ema", tmp_path / "run", 0.1)
    assert refused.returncode == 2 and "train.ema_lengths" in refused.stderr and not refused.stdout


@pytest.mark.parametrize("override, word", [("train.emas=[0.9,0.9]", "emas"), ("train.emas=[0.999]", "emas"),
                                            ("train.emas=[1.0]", "emas"), ("train.ema_lengths=[0.1,0.1]", "ema_lengths"),
                                            ("train.ema_lengths=[0.3]", "ema_lengths"), ("train.accumulate=0", "accumulate"),
                                            ("train.explode=-1", "explode"), ("network.kind=unet", "unet")])
def test_settings_that_cannot_work_leave_nothing(config, tmp_path, override, word):
    result = fokker("train", config, override, "--out", tmp_path / "run")
    assert result.returncode == 2 and word in result.stderr, (result.returncode, result.stderr)
    assert not (tmp_path / "run").exists()


def test_early_stop_keeps_the_best(config, tmp_path):
    """Few samples, learnt by heart."""
    result = fokker("train", config, "data.n=30", "data.held_out=0.7", "train.steps=5000", "train.learning_rate=2e-2",
                    "train.ema=0.8", "train.patience=4", "train.ema_lengths=[0.1]", "--out", tmp_path / "run")
    assert result.returncode == 0, result.stderr
    lines = rows(tmp_path / "run")
    losses = [row["held_out_loss"] for row in lines if "held_out_loss" in row]
    assert len(lines) < 5000 and len(losses) - 1 - int(np.argmin(losses)) == 4
    best = 25 * (int(np.argmin(losses)) + 1)
    assert f"at step {best}" in result.stdout and "ended the training" in result.stdout
    assert (tmp_path / f"run/averages/step-{len(lines):08}.safetensors").exists()
    assert fokker("run", config, "data.held_out=0.0", "train.patience=1", "evaluate.metrics=[]").returncode == 2


def test_an_explosion_names_step_and_tensor_and_keeps_the_checkpoint(config, tmp_path):
    bad = ["train.explode=0.02", "train.checkpoint_every=5", "train.steps=4000", "--out", tmp_path / "run"]
    result = fokker("train", config, *bad)
    assert result.returncode == 3 and "train.explode" in result.stderr and "weight" in result.stderr
    step = int(result.stderr.split("step ")[1].split(":")[0])
    kept = 5 * ((step - 1) // 5)
    assert f"kept: the checkpoint of step {kept}" in result.stderr
    assert (tmp_path / f"run/checkpoints/step-{kept:08}.safetensors").exists()
    assert rows(tmp_path / "run")[-1]["step"] == step - 1
    again = fokker("resume", tmp_path / "run")
    assert again.returncode == 3 and f"step {step}:" in again.stderr  # the same step: nothing was lost or changed
    nan = fokker("train", config, "train.learning_rate=1e30", "train.clip=0.0", "--out", tmp_path / "nan")
    assert nan.returncode == 3 and "step" in nan.stderr and "weight" in nan.stderr, nan.stderr


def write(path, entries, data):
    header = json.dumps(entries).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header + data)


def damaged(path, how):
    content = path.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    header, data = json.loads(content[8 : 8 + length]), content[8 + length :]
    name = next(key for key in header if key.endswith("weight"))
    if how == "unknown":
        header["no.such.weight"] = header.pop(name)
    elif how == "missing":
        begin, end = max((entry["data_offsets"] for entry in header.values()), key=lambda o: o[1])
        name = next(key for key, entry in header.items() if entry["data_offsets"] == [begin, end])
        header.pop(name)
        data = data[:begin]
    elif how == "reshaped":
        header[name]["shape"] = header[name]["shape"][::-1] + [1]
    elif how == "hostile":
        header[name]["shape"] = [2**40, 2**40]
    write(path, header, data)
    return "no.such.weight" if how == "unknown" else name


@pytest.mark.parametrize("how", ["unknown", "missing", "reshaped", "hostile"])
def test_weight_files_that_do_not_fit(run, tmp_path, how):
    copy = tmp_path / "run"
    copy.mkdir()
    for name in ["config.toml", "run.json", "model.safetensors"]:
        (copy / name).write_bytes((run / name).read_bytes())
    status = json.loads((copy / "run.json").read_text())
    del status["sha256"]  # a run of an earlier version, or weights that someone put there
    (copy / "run.json").write_text(json.dumps(status))
    tensor = damaged(copy / "model.safetensors", how)
    result = fokker("sample", copy, "n=2", "steps=2")
    assert result.returncode == 2, result.stderr
    assert "model.safetensors" in result.stderr and tensor in result.stderr
    assert len(result.stderr.splitlines()) == 1
    with pytest.raises(fk.ShapeError if how == "reshaped" else fk.ConfigError, match=tensor):
        fk.load_run(copy)


def test_a_damaged_snapshot_is_named(run, tmp_path):
    copy = tmp_path / "run"
    subprocess.run(["cp", "-r", run, copy], check=True)
    file = copy / "averages/step-00000400.safetensors"
    content = bytearray(file.read_bytes())
    content[-3] ^= 1
    file.write_bytes(content)
    result = fokker("sample", copy, "n=2", "steps=2", "--ema-length", 0.1)
    assert result.returncode == 2 and "step-00000400" in result.stderr


def peak(config, batch, out):
    """Largest resident memory of a training, in KiB."""
    process = subprocess.Popen([COMMAND, "train", config, "data.n=20000", f"train.batch={batch}", "train.steps=3",
                                "network.hidden=[128,128,128]", "--out", out, "--quiet", "--threads", "2"])
    _, status, usage = os.wait4(process.pid, 0)
    assert status == 0
    return usage.ru_maxrss


def test_memory_does_not_grow_with_the_batch(config, tmp_path):
    small, large = peak(config, 2048, tmp_path / "small"), peak(config, 65536, tmp_path / "large")
    assert large < 1.2 * small, (small, large)  # activations of all at once would be 65,536 · 128 · 4 bytes · layers
