"""These tests kill a run, and what resumes it, by SIGKILL at random moments.

In the end the run has the bytes of a run that was not killed.
"""

import random
import subprocess
import time

import pytest

from command import COMMAND, ROOT, fokker, kept

EXPERIMENTS = ROOT / "experiments"
SHORT = ["train.steps=40", "train.checkpoint_every=5", "train.batch=16", "train.warmup=2", "sample.0.n=20"]
SCORE = [*SHORT, "network.channels=[8,8]", "train.emas=[0.9]", "train.ema_lengths=[0.1]", "train.snapshot_every=10",
         "train.validate_every=10", "sample.0.steps=5", "sample.1.n=10", "sample.1.steps=3", "sample.2.n=5",
         "sample.2.tolerance=0.1", "sample.3.n=10", "sample.3.steps=3", "evaluate.metrics=['energy']"]
CAPTIONS = [*SHORT, "data.n=300", "network.channels=[8,8]", "network.attention=[false,true]", "network.text_width=16",
            "network.text_depth=1", "network.text_heads=2", "network.groups=4", "network.head_size=0",
            "sample.0.steps=3", "captions=[]"]
ADVERSARIAL = [*SHORT, "train.steps=300", "network.hidden=[32]", "train.adversarial.discriminator=[32]",
               "sample.0.n=60", "evaluate.metrics=['energy']"]
MOONS = [*SHORT, "network.hidden=[16]", "sample.0.steps=5", "evaluate.limit=50"]
SYSTEMS = """
systems = ["{experiments}/gan/ddgan_digits.toml", "{experiments}/gan/gan_digits.toml"]
set = ["train.steps=20", "train.checkpoint_every=5", "train.batch=16", "sample.0.n=60", "evaluate.metrics=['energy']"]
"""
CALLS = {
    "score": ["run", EXPERIMENTS / "digits.toml", *SCORE],
    "adversarial": ["run", EXPERIMENTS / "gan/ddgan_digits.toml", *ADVERSARIAL],
    "captions": ["run", EXPERIMENTS / "scenes.toml", *CAPTIONS],
    "systems": ["run", "systems.toml"],
    "comparison": ["compare", EXPERIMENTS / "compare_samplers.toml", "n=300", "limit=100", "nfe=[4, 8]", "seeds=2"],
    "sweep": ["run", EXPERIMENTS / "moons.toml", *MOONS, "-m", "seed=0,1,2"],
}


@pytest.fixture(scope="module", params=CALLS)
def whole(request, tmp_path_factory):
    """Returns a call, what it leaves when it is not killed, and how many seconds it takes."""
    folder = tmp_path_factory.mktemp(request.param)
    (folder / "systems.toml").write_text(SYSTEMS.format(experiments=EXPERIMENTS))
    call = [folder / part if part == "systems.toml" else part for part in CALLS[request.param]]
    begun = time.monotonic()
    result = fokker(*call, "--out", folder / "run")
    assert result.returncode == 0, result.stderr
    return call, kept(folder / "run"), time.monotonic() - begun


def killed(call, seconds):
    """Returns whether the call was killed after `seconds`.

    Otherwise it had ended before, either well or because there was nothing to resume.
    """
    process = subprocess.Popen([COMMAND, *map(str, call), "--quiet"],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait() == -9
    assert process.returncode in (0, 2), call
    return False


def finished(call, folder):
    """Resumes a run to its end, or makes the call again where no run had begun."""
    result = fokker("resume", folder)
    if result.returncode == 2 and "expected the folder of a run" in result.stderr:
        result = fokker(*call, "--out", folder)
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("kills", [4, pytest.param(60, marks=pytest.mark.nightly)])
def test_kills_at_random_moments_change_no_byte(whole, kills, tmp_path):
    call, expected, seconds = whole
    moments, done, trials = random.Random(kills), 0, 0
    while done < kills:
        folder = tmp_path / str(trials)
        done += killed([*call, "--out", folder], moments.uniform(0, seconds))
        done += killed(["resume", folder], moments.uniform(0, seconds))
        finished(call, folder)
        found = kept(folder)
        assert (found.keys() == expected.keys()
                and not [name for name in found if found[name] != expected[name]]), (trials, done)
        trials += 1
    print(f"{done} kills in {trials} runs of {seconds:.1f} s")
