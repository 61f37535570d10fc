"""Numbers at the edge: shapes without elements, instruction sets, implicit steps of a trained run."""

import json
import os
import signal
import subprocess
import time

import numpy as np
import pytest

import fokker as fk
from command import COMMAND, ROOT, fokker

SMALL = ["network.hidden=[32,32]", "train.steps=40", "train.checkpoint_every=10", "train.batch=64", "sample.0.n=16",
         "sample.0.steps=5", "evaluate.metrics=[]"]
MOONS = ROOT / "experiments/moons.toml"


@pytest.mark.parametrize("network, shape", [
    (fk.Mlp(hidden=(8,)), (10, 0)), (fk.UNet(channels=(8,)), (10, 0, 8, 1)), (fk.UNet(channels=(8,)), (10, 8, 8, 0)),
    (fk.DiT(), (10, 0, 8, 1)), (fk.DiT(), (10, 8, 8, 0))])
def test_training_on_samples_without_numbers_is_refused(network, shape):
    with pytest.raises(fk.ShapeError, match=r"expected an array .* none of them empty, got \[10"):
        fk.train(network, fk.VP(), np.zeros(shape), steps=2, batch=4)


@pytest.mark.parametrize("sample", [(0,), (), (0, 8, 1), (8, 8, 0)])
def test_no_network_is_built_for_nothing(sample):
    for network in (fk.Mlp(hidden=(8,)), fk.UNet(channels=(8,)), fk.DiT()):
        with pytest.raises(fk.ShapeError, match="expected samples"):
            network.build(sample)


def test_solvers_take_no_paths_and_no_coordinates():
    t = np.linspace(0, 1, 4)
    for solver in ("euler_maruyama", "sra1", "milstein", "implicit_euler", "skrock", "reversible_heun"):
        for shape in ((0, 1), (3, 0), (0,)):
            x = fk.solve(fk.OrnsteinUhlenbeck(1.0, 1.0), np.zeros(shape), t, solver=solver)
            assert x.shape == (4, *shape)
        with pytest.raises(fk.ShapeError):
            fk.solve(fk.OrnsteinUhlenbeck(1.0, 1.0), np.zeros(()), t, solver=solver)


def test_refused_memory_is_a_memory_error_with_its_size():
    with pytest.raises(MemoryError, match=r"the system refused 4\.5036e\+09 MB"):
        fk.broadcast_to(fk.Tensor(np.ones(1, np.float32)), (1 << 50,))


def weights(path):
    return (path / "model.safetensors").read_bytes()


def test_the_instruction_set_is_chosen_recorded_and_warned_about(tmp_path):
    def train(name, *options, **environment):
        return fokker("train", MOONS, *SMALL, "--out", tmp_path / name, *options, env=os.environ | environment)

    assert train("option", "--isa", "baseline").returncode == 0
    assert train("variable", FOKKER_ISA="baseline").returncode == 0
    assert weights(tmp_path / "option") == weights(tmp_path / "variable")
    assert json.loads((tmp_path / "option/run.json").read_text())["instruction_set"] == "baseline"
    wrong = train("wrong", FOKKER_ISA="avx9")
    assert wrong.returncode == 2 and 'to be baseline, v3 or v4, got "avx9"' in wrong.stderr
    assert train("worse", "--isa", "avx9").returncode == 2



def test_a_resume_with_another_instruction_set_says_so(tmp_path):
    path = tmp_path / "run"
    process = subprocess.Popen([COMMAND, "train", str(MOONS), *SMALL, "train.steps=1500", "--out", str(path), "--isa",
                                "baseline"], stdout=subprocess.DEVNULL)
    while not (path / "checkpoints/step-00000010.safetensors").exists():
        assert process.poll() is None
        time.sleep(0.002)
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 128 + signal.SIGTERM
    result = fokker("resume", path)
    assert result.returncode == 0, result.stderr
    used = json.loads((path / "run.json").read_text())["instruction_set"]
    if used == "baseline":
        pytest.skip("this CPU has the baseline alone")
    assert used.startswith("baseline, x86-64-v")
    assert "trained so far with the instruction set baseline, from here with x86-64-v" in result.stdout
    assert "--isa" in result.stdout


def test_an_implicit_step_of_an_untrained_network_does_not_stop_an_experiment(tmp_path):
    result = fokker("run", MOONS, *SMALL, "sample.0.solver=implicit_euler", "--out", tmp_path / "run")
    assert result.returncode == 0, result.stderr
