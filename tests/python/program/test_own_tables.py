"""Uses of a run start from the tables of its own config."""

import h5py
import numpy as np
import pytest

from command import ROOT, fokker


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    path = tmp_path_factory.mktemp("runs") / "digits"
    result = fokker("run", ROOT / "experiments/conditional_digits.toml", "network.channels=[16,32]",
                    "network.attention=[false,false]",
                    "train.steps=250", "train.batch=64", "sample.0.n=20", "sample.0.steps=7", "guidance_sweep=[]",
                    "inpaint=[]",
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
