"""The torch peer of the MNIST run: its own U-Net is diffusers' and ours, and a short run leaves samples that our metrics read."""

import gzip
import json
import pathlib
import subprocess
import sys

import fokker as fk
import h5py
import numpy as np
import pytest
from networks import perturbed
from peers import PYTHON, run_peer

SCRIPTS = pathlib.Path(__file__).parents[3] / "scripts"
NETWORKS = {
    "mnist": {"channels": (32, 64, 128), "attention": (False, False, True)},
    "other": {"channels": (8, 24), "attention": (True, False), "layers_per_block": 1, "groups": 4, "head_size": 4,
              "norm_epsilon": 1e-3, "mid_attention": False},
}  # fmt: skip


def torch_unets(folder, scripts, x, t, diffusers):
    import json
    import pathlib
    import sys

    import torch
    from safetensors.torch import load_file

    sys.path.insert(0, str(scripts))
    from torch_unet import UNet

    torch.set_num_threads(1)
    found = {}
    images, times = torch.tensor(np.moveaxis(x, -1, 1)), torch.tensor(t)
    for path in sorted(pathlib.Path(str(folder)).iterdir()):
        model = UNet(**json.loads((path / "config.json").read_text()))
        weights = load_file(path / "diffusion_pytorch_model.safetensors")
        model.load_state_dict(weights)  # every name, and no other
        models = {"own": model}
        if diffusers:
            from diffusers import UNet2DModel

            models["diffusers"] = lambda x, t, model=UNet2DModel.from_pretrained(path): model(x, t).sample
        for name, function in models.items():
            found[f"{path.name} {name}"] = np.moveaxis(function(images, times).detach().numpy(), 1, -1)
    return found


def relative(a, b):
    return np.linalg.norm(a - b) / np.linalg.norm(b)


def test_its_network_is_that_of_diffusers_and_ours(tmp_path):
    rng = np.random.default_rng(0)
    given = {"x": rng.normal(size=(2, 12, 12, 1)).astype(np.float32), "t": np.array([1, 700], np.float32)}
    ours = {}
    for name, options in NETWORKS.items():
        network = fk.UNet(seed=1, **options)
        network.build(given["x"].shape[1:])
        fk.to_diffusers(perturbed(network, 2), tmp_path / name)
        ours[name] = network(given["x"], given["t"]).numpy()
    found = run_peer(torch_unets, package="diffusers", folder=str(tmp_path), scripts=str(SCRIPTS), diffusers=True, **given)
    for name, y in ours.items():
        assert relative(found[f"{name} own"], found[f"{name} diffusers"]) < 1e-5
        assert relative(found[f"{name} own"], y) < 1e-5
    other = fk.UNet(seed=1, **{**NETWORKS["other"], "head_size": 8})
    other.build(given["x"].shape[1:])
    assert relative(perturbed(other, 2)(given["x"], given["t"]).numpy(), ours["other"]) > 1e-3


def torch_samples(scripts, x, times, gaussian):
    import sys

    import torch

    sys.path.insert(0, str(scripts))
    from torch_sampling import VP, sample

    torch.manual_seed(0)
    sde, (mean, deviation) = VP([0.1, 20.0]), gaussian

    def denoiser(x, t):
        a, s = (float(value) for value in sde.marginal(t))
        gain = a * deviation**2 / (a**2 * deviation**2 + s**2)
        return mean + gain * (x - a * mean)

    found = {"grid": np.array(sde.grid(len(times) - 1)), "path": sample(denoiser, sde, "dpmpp_2m", times, torch.tensor(x)).numpy()}
    start = torch.randn(40_000, dtype=torch.float64) * float(sde.marginal(1.0)[1])
    for solver in ("sra1", "ancestral"):
        found[solver] = sample(denoiser, sde, solver, sde.grid(12), start).numpy()
    return found


def test_its_samplers_are_ours():
    mean, deviation = 1.0, 0.5
    mixture = fk.GaussianMixture(np.array([[mean, mean]]), np.array([deviation]))
    ours = fk.sample(mixture, fk.VP(), solver="dpmpp_2m", grid="log_snr", steps=20, n=8, trajectory=21, dtype="float64")
    found = run_peer(torch_samples, package="torch", scripts=str(SCRIPTS), x=ours.trajectory[0], times=ours.times,
                     gaussian=np.array([mean, deviation]))  # fmt: skip
    np.testing.assert_allclose(found["grid"], ours.times, rtol=1e-9)
    np.testing.assert_allclose(found["path"], ours.values, atol=1e-9)

    def differ(a, b):
        """In mean or deviation, by how many standard errors."""
        scale = deviation * (1 / a.size + 1 / b.size) ** 0.5
        return max(abs(a.mean() - b.mean()), 2**0.5 * abs(a.std() - b.std())) / scale

    law = {solver: fk.sample(mixture, fk.VP(), solver=solver, clock=clock, grid="log_snr", steps=12, n=20_000).values
           for solver, clock in (("sra1", "snr"), ("ancestral", "t"))}  # fmt: skip
    for solver, values in law.items():  # twelve steps are few, so that each has an error of its own
        assert differ(found[solver], values) < 5
    assert differ(law["sra1"], law["ancestral"]) > 15 and differ(found["sra1"], law["ancestral"]) > 15


@pytest.fixture(scope="module")
def small_run(tmp_path_factory):
    """A folder of IDX files, and a run of mnist.toml on them."""
    folder = tmp_path_factory.mktemp("mnist")
    rng = np.random.default_rng(0)
    for name, values in (("images-idx3", rng.integers(0, 256, (60, 8, 8))), ("labels-idx1", np.arange(60) % 3)):
        header = bytes([0, 0, 8, values.ndim]) + b"".join(n.to_bytes(4, "big") for n in values.shape)
        (folder / f"t10k-{name}-ubyte.gz").write_bytes(gzip.compress(header + values.astype(np.uint8).tobytes()))
    run = fk.run(SCRIPTS.parent / "experiments/mnist.toml", out=folder / "run", data={"source": f"idx:{folder}"},
                 network={"channels": [8, 16], "attention": [False, True]}, train={"steps": 6, "warmup": 2, "batch": 8},
                 sample={"0": {"steps": 3, "n": 12}, "1": {"steps": 3, "n": 12}},
                 evaluate={"classifier_steps": 5})  # fmt: skip
    return folder, run


def rates(scripts, config):
    import json
    import sys

    sys.path.insert(0, str(scripts))
    from mnist_peer import rate

    train = json.loads(str(config))
    return {"rate": [rate(train, step) for step in range(train["steps"])]}


def test_its_learning_rates_are_ours(small_run):
    _, run = small_run
    found = run_peer(rates, package="torch", scripts=str(SCRIPTS), config=json.dumps(run.config["train"]))
    with h5py.File(run.path / "results.h5") as file:
        np.testing.assert_allclose(found["rate"], file["metrics/train/lr"][()], rtol=1e-12)


def test_a_run_of_it_is_judged_beside_ours(small_run):
    folder, run = small_run
    if not PYTHON.exists():
        pytest.skip("build/peers is not there; `make peers` installs it")
    np.save(folder / "held_out.npy", run.data.held_out_index)
    arguments = ["--config", run.path / "config.toml", "--held-out", folder / "held_out.npy", "--data", folder, "--out",
                 folder / "peer", "--network", "own", "--threads", "1"]  # fmt: skip
    done = subprocess.run([PYTHON, SCRIPTS / "mnist_peer.py", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "54 training images" in done.stdout
    figures = json.loads((folder / "peer/figures.json").read_text())
    assert figures["parameters"] == run.network.parameter_count and figures["images"] == 48
    assert np.load(folder / "peer/samples.npy").shape == (12, 8, 8, 1)
    command = [sys.executable, SCRIPTS / "mnist_compare.py", run.path, folder / "peer/samples.npy", "--json", folder / "figures.json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={"PYTHONPATH": ":".join(sys.path)})
    assert done.returncode == 0, done.stderr
    judged = json.loads((folder / "figures.json").read_text())
    with h5py.File(run.path / "results.h5") as file:
        for name, (value, real) in judged["sra1"].items():
            np.testing.assert_allclose([value, real], [file[f"evaluation/sra1/{name}{end}"][()] for end in ("", "_real")])
    ours, theirs = judged["sra1"], judged[str(folder / "peer/samples.npy")]
    assert ours.keys() == theirs.keys() and all(ours[name][1] == theirs[name][1] for name in ours)
    assert ours["sliced_w2"][0] != theirs["sliced_w2"][0]
