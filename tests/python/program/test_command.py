"""The program `fokker` as a user meets it: files, exit codes, messages, and the same bytes however a run went."""

import json
import resource
import signal
import subprocess
import time

import h5py
import numpy as np
import pytest
import xarray

from command import COMMAND, ROOT, datasets, fokker

DIGITS = ROOT / "experiments/digits.toml"
SMALL = ["network.channels=[16,16]", "train.steps=60", "train.checkpoint_every=20", "train.batch=64",
         "sample.0.n=30", "sample.0.steps=20", "sample.1.n=30", "sample.1.steps=10", "sample.2.n=30",
         "sample.2.tolerance=1e-2", "sample.3.n=30", "sample.3.steps=10"]


def assert_same(a, b):
    a, b = datasets(a), datasets(b)
    assert a.keys() == b.keys() and len(a) > 20
    for name in a:
        assert np.array_equal(a[name], b[name]), name


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    path = tmp_path_factory.mktemp("runs") / "one"
    result = fokker("run", DIGITS, *SMALL, "--out", path, "--threads", 2)
    assert result.returncode == 0, result.stderr
    return path


def test_a_run_leaves_its_files(run):
    names = {file.name for file in run.iterdir()}
    assert {"config.toml", "run.json", "log.txt", "metrics.jsonl", "results.h5", "model.safetensors", "data.png",
            "samples-euler_maruyama.png", "denoising-euler_maruyama.png"} <= names
    status = json.loads((run / "run.json").read_text())
    assert status["status"] == "done" and status["version"] and status["instruction_set"]
    assert len((run / "metrics.jsonl").read_text().splitlines()) == 60
    for picture in run.glob("*.png"):
        assert picture.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("threads", [1, 3])
def test_the_number_of_threads_changes_nothing(run, tmp_path, threads):
    assert fokker("run", DIGITS, *SMALL, "--out", tmp_path / "run", "--threads", threads, "--quiet").returncode == 0
    assert_same(run / "results.h5", tmp_path / "run/results.h5")


def test_another_seed_changes_the_results(run, tmp_path):
    """Negative control of `assert_same`."""
    assert fokker("run", DIGITS, *SMALL, "seed=1", "--out", tmp_path / "run", "--quiet").returncode == 0
    with pytest.raises(AssertionError):
        assert_same(run / "results.h5", tmp_path / "run/results.h5")


def interrupted(tmp_path, kind, after):
    """A run that `kind` hits once `after` exists; its exit code."""
    path = tmp_path / "run"
    process = subprocess.Popen([COMMAND, "run", str(DIGITS), *SMALL, "--out", str(path), "--threads", "1"],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while not (path / after).exists():
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.002)
    process.send_signal(kind)
    return process.wait(60)


@pytest.mark.parametrize("after", ["metrics.jsonl", "checkpoints/step-00000020.safetensors",
                                   "checkpoints/step-00000040.safetensors", "model.safetensors"])
def test_a_killed_run_resumes_to_the_same_results(run, tmp_path, after):
    assert interrupted(tmp_path, signal.SIGKILL, after) == -signal.SIGKILL
    assert not (tmp_path / "run/results.h5").exists()
    result = fokker("resume", tmp_path / "run")
    assert result.returncode == 0, result.stderr
    assert_same(run / "results.h5", tmp_path / "run/results.h5")


def test_a_terminated_run_saves_its_last_step_and_resumes(run, tmp_path):
    assert interrupted(tmp_path, signal.SIGTERM, "checkpoints/step-00000020.safetensors") == 128 + signal.SIGTERM
    assert json.loads((tmp_path / "run/run.json").read_text())["status"] == "stopped"
    assert fokker("resume", tmp_path / "run").returncode == 0
    assert_same(run / "results.h5", tmp_path / "run/results.h5")


def test_a_damaged_checkpoint_is_passed_over(run, tmp_path):
    interrupted(tmp_path, signal.SIGKILL, "checkpoints/step-00000040.safetensors")
    newest = sorted((tmp_path / "run/checkpoints").glob("step-*"))[-1]
    content = bytearray(newest.read_bytes())
    content[len(content) // 2] ^= 1
    newest.write_bytes(content)
    assert fokker("resume", tmp_path / "run").returncode == 0
    assert_same(run / "results.h5", tmp_path / "run/results.h5")


@pytest.mark.parametrize("n", [1, 7])
def test_a_sample_does_not_see_its_batch(run, tmp_path, n):
    for solver in ["euler_maruyama", "predictor_corrector", "probability_flow"]:
        extra = ["steps=10", "tolerance=1e-2"]
        files = [tmp_path / f"{solver}-{count}.h5" for count in (n, 20)]
        for file, count in zip(files, (n, 20)):
            result = fokker("sample", run, f"solver={solver}", *extra, f"n={count}", "--out", file)
            assert result.returncode == 0, result.stderr
        few, many = (h5py.File(file)[f"samples/{solver}/image"][()] for file in files)
        assert few.shape == (n, 8, 8, 1) and np.array_equal(few, many[:n])


@pytest.mark.parametrize("engine", ["netcdf4", "h5netcdf"])
def test_xarray_opens_the_results(run, engine):
    samples = xarray.open_dataset(run / "results.h5", group="samples/euler_maruyama", engine=engine)
    assert samples["image"].dims == ("sample", "y", "x", "channel") and samples["image"].shape == (30, 8, 8, 1)
    assert samples.attrs["sampler"] == "euler_maruyama" and list(samples.attrs["value_range"]) == [0, 16]
    training = xarray.open_dataset(run / "results.h5", group="metrics/train", engine=engine)
    assert training["train_loss"].dims == ("step",) and list(training["step"].values[:2]) == [1, 2]
    path = xarray.open_dataset(run / "results.h5", group="trajectories/sra1", engine=engine)
    assert path["image"].dims == ("time", "sample", "y", "x", "channel")
    assert np.all(np.diff(path["time"].values) < 0)


def test_h5py_sees_schema_and_attributes(run):
    with h5py.File(run / "results.h5") as file:
        assert file.attrs["schema"] == "sde-run" and file.attrs["seed"] == 0
        assert file["provenance/config_toml"][()].decode() == (run / "config.toml").read_text()
        assert set(file["samples"]) == {"euler_maruyama", "sra1", "probability_flow", "predictor_corrector"}
        image = file["samples/sra1/image"]
        assert [axis.label for axis in image.dims] == ["sample", "y", "x", "channel"] or \
            [axis[0].name.split("/")[-1] for axis in image.dims] == ["sample", "y", "x", "channel"]
        assert np.isfinite(file["evaluation/sra1/frechet"][()]) and file["evaluation/sra1/frechet_real"][()] > 0


def test_evaluate_and_info_read_a_run(run, tmp_path):
    assert "frechet" in fokker("evaluate", run).stdout
    info = fokker("info", run)
    assert info.returncode == 0 and "(done)" in info.stdout and "sra1" in info.stdout
    assert "instruction_set" in fokker("info").stdout


def test_a_regression_is_no_score(tmp_path):
    assert fokker("run", ROOT / "experiments/article_toy.toml", "--out", tmp_path / "toy").returncode == 0
    result = fokker("sample", tmp_path / "toy", "n=2")
    assert result.returncode == 2 and "dsm" in result.stderr
    assert not list((tmp_path / "toy").glob("euler*"))


def test_a_sweep_makes_one_run_for_each_value(tmp_path):
    result = fokker("run", ROOT / "experiments/article_toy.toml", "-m", "train.batch=32,64", "-m", "seed=0,1", "--out",
                    tmp_path / "sweep")
    assert result.returncode == 0, result.stderr
    assert sorted(p.name for p in (tmp_path / "sweep").iterdir()) == ["0", "1", "2", "3", "sweep.toml"]
    assert "batch = 64" in (tmp_path / "sweep/2/config.toml").read_text()


def test_the_toy_prints_its_five_epoch_losses(tmp_path):
    result = fokker("run", ROOT / "experiments/article_toy.toml", "--out", tmp_path / "toy")
    lines = [line for line in result.stdout.splitlines() if line.startswith("epoch")]
    assert [line.split()[1] for line in lines] == ["1", "2", "3", "4", "5"]
    losses = [float(line.split("loss")[1].split()[0]) for line in lines]
    assert all(a > b for a, b in zip(losses, losses[1:])) and 0.5 < losses[-1] < losses[0] < 1.2


@pytest.mark.parametrize("kind", ["datasets", "sdes", "networks", "objectives", "solvers", "metrics", "preparation", "keys"])
def test_list_names_what_there_is(kind):
    result = fokker("list", kind)
    assert result.returncode == 0 and len(result.stdout.splitlines()) >= 2


def test_the_schema_is_json():
    assert json.loads(fokker("list", "schema").stdout)["properties"]["train"]


BAD = [
    (["run", DIGITS, "train.stepz=3"], 2, "train.steps"),
    (["run", DIGITS, "train.steps=many"], 2, "train.steps"),
    (["run", DIGITS, "train.steps=0"], 2, "train.steps"),
    (["run", DIGITS, "sde.kind=vpp"], 2, "vp"),
    (["run", DIGITS, "data.source=digitz"], 2, "digits"),
    (["run", DIGITS, "data.held_out=1.5"], 2, "held_out"),
    (["run", DIGITS, "network.groups=7"], 2, "groups"),
    (["run", DIGITS, "sample.0.solver=eulr"], 2, "euler_maruyama"),
    (["run", DIGITS, "sample.0.name=sra1"], 2, "sra1"),
    (["run", DIGITS, "sample.0.times=[0.5,1]"], 2, "points that fall"),
    (["run", DIGITS, "data.source=two_moons", "data.augment=['flip']"], 2, "augment"),
    (["run", DIGITS, "data.source=two_moons"], 2, "mlp"),
    (["run", DIGITS, "sample.1.t_min=3"], 2, "sra1"),
    (["run", DIGITS, "data.held_out=0.0"], 2, "held_out"),
    (["run", DIGITS, "sample.0.solver=annealed_langevin", "sample.0.clock=snr"], 2, "clock"),
    (["run", "missing.toml"], 4, "missing.toml"),
    (["run", DIGITS, "data.source=idx:missing"], 4, "missing"),
    (["run", DIGITS, "data.source=hdf5:missing.h5#x"], 4, "missing.h5"),
    (["run", DIGITS, "--out", "/dev/null/run"], 4, "/dev/null/run"),
    (["resume", "no/such/run"], 2, "no/such/run"),
    (["list", "solvrs"], 2, "solvers"),
    (["run"], 2, "config"),
    (["fly"], 2, "fly"),
]


@pytest.mark.parametrize("arguments, code, word", BAD, ids=lambda value: str(value)[-40:])
def test_bad_input_is_one_clear_line(tmp_path, arguments, code, word):
    result = fokker(*arguments, cwd=tmp_path)
    assert result.returncode == code, result.stderr
    assert word in result.stderr
    assert list(tmp_path.iterdir()) == []
    if arguments[0] == "run" and len(arguments) > 1:
        assert len(result.stderr.strip().splitlines()) == 1


def test_bad_files_are_named(tmp_path):
    idx = tmp_path / "train-images-idx3-ubyte"
    idx.write_bytes(b"\x00\x00\x08\x03\x00\x00\x00\x05\x00\x00\x00\x08\x00\x00\x00\x08" + bytes(100))
    with h5py.File(tmp_path / "wrong.h5", "w") as file:
        file["text"] = "no numbers"
    config = tmp_path / "bad.toml"
    config.write_text("name = 'x'\n\n[train]\nsteps = 'three'\n")
    for arguments, code, words in [(["run", DIGITS, f"data.source=idx:{idx}"], 2, [str(idx), "truncated"]),
                                   (["run", DIGITS, f"data.source=hdf5:{tmp_path}/wrong.h5#image"], 2, ["wrong.h5", "image"]),
                                   (["run", DIGITS, f"data.source=hdf5:{tmp_path}/wrong.h5#text"], 2, ["wrong.h5", "text"]),
                                   (["run", config], 2, ["bad.toml:4", "train.steps"])]:
        result = fokker(*arguments, cwd=tmp_path)
        assert result.returncode == code, result.stderr
        assert all(word in result.stderr for word in words), result.stderr


def test_a_full_disk_keeps_what_was_there(tmp_path):
    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    result = fokker("run", DIGITS, *SMALL, "--out", tmp_path / "run", preexec_fn=limit)
    assert result.returncode == 4 and "step-" in result.stderr, result.stderr
    left = {file.name for file in (tmp_path / "run").rglob("*")}
    assert "results.h5" not in left and not any("tmp" in name for name in left)
    assert fokker("resume", tmp_path / "run").returncode == 0


def test_a_run_is_never_overwritten(run):
    before = (run / "results.h5").read_bytes()
    result = fokker("run", DIGITS, *SMALL, "--out", run)
    assert result.returncode == 2 and "resume" in result.stderr
    assert (run / "results.h5").read_bytes() == before


def test_two_processes_do_not_share_a_run(tmp_path):
    path = tmp_path / "run"
    process = subprocess.Popen([COMMAND, "run", str(DIGITS), *SMALL, "train.steps=5000", "--out", str(path)],
                               stdout=subprocess.DEVNULL)
    while not (path / "metrics.jsonl").exists():
        time.sleep(0.01)
    result = fokker("resume", path)
    process.kill()
    process.wait()
    assert result.returncode == 4 and str(process.pid) in result.stderr


def test_numbers_that_are_not_finite_end_the_run(tmp_path):
    result = fokker("run", DIGITS, *SMALL, "train.learning_rate=1e12", "train.clip=0.0", "train.warmup=0", "--out",
                    tmp_path / "run")
    assert result.returncode == 3 and "step" in result.stderr
    assert json.loads((tmp_path / "run/run.json").read_text())["status"] == "failed"
