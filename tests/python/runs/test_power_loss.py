"""These tests cut the power of the disk of a command.

Whatever a cut leaves of what was not synced, the same command or `fokker resume` ends with the same bytes.
"""

import functools
import os
import random
import shutil
from concurrent.futures import ThreadPoolExecutor

import pytest

from command import ROOT, fokker, kept
from disk import Disk, calls_of, put

SHIM = ROOT / "build/release/tests/librecording.so"
CONFIG = """
name = "tiny"
[data]
source = "two_moons"
n = 80
held_out = 0.25
scaling = "standardise_all"
[network]
kind = "mlp"
hidden = [8]
time_dimension = 8
[train]
steps = {steps}
batch = 8
emas = [0.9]
ema_lengths = [0.1]
snapshot_every = 3
checkpoint_every = 2
[[sample]]
solver = "heun"
n = 8
steps = 3
[[denoise]]
n = 4
[evaluate]
metrics = ["energy"]
"""
SLIGHT = ("log.txt", "run.lock")  # hold nothing that a result depends on
FEW = {"run": 130, "resume": 50, "sweep": 50, "evaluate": 40, "sample": 30}


def run_of(folder):
    return ["run", folder.parent / "tiny.toml", "--out", folder / "run"]


def sweep_of(folder):
    return ["run", folder.parent / "tiny.toml", "-m", "seed=0,1", "--out", folder / "run"]


def resume_of(folder):
    return ["resume", folder / "run"]


def evaluate_of(folder):
    return ["evaluate", folder / "run", "metrics=['sliced_w2']"]


def sample_of(folder):
    return ["sample", folder / "run", "n=4", "steps=2", "name=more"]


def done(arguments, **options):
    result = fokker(*arguments, "--threads", 1, **options)
    assert result.returncode == 0, (arguments, result.stderr)
    return result


class Recording:
    """A recording holds the folder before a command, the calls of the command, and what it leaves."""

    def __init__(self, folder, command, steps, before=None):
        self.before, self.after, self.config = folder / "before", folder / "after", CONFIG.format(steps=steps)
        (folder / "tiny.toml").write_text(self.config)
        shutil.copytree(before, self.before) if before else self.before.mkdir()
        shutil.copytree(self.before, self.after)
        shim = {"LD_PRELOAD": str(SHIM), "RECORD_ROOT": str(self.after), "RECORD_TRACE": str(folder / "trace")}
        done(command(self.after), env=os.environ | shim)
        self.calls = calls_of(folder / "trace")
        self.expected = kept(self.after)

    def disk(self):
        disk = Disk(self.before)
        disk.path = str(self.after)
        return disk

    def states(self, most, seed=0, syncs=True):
        """Returns the different states that a cut after each call may leave, about `most` of each call."""
        disk, randomness, found = self.disk(), random.Random(seed), {}
        for call in self.calls:
            if call.name == "sync" and not syncs:
                continue
            disk.apply(call)
            for state in disk.cuts(randomness, most):
                key = frozenset(item for item in state.items() if not item[0].endswith(SLIGHT))
                found.setdefault(key, state)
        return list(found.values())


def recovered(folder, kind):
    """Goes on as its user would, by the same command or by resume.

    Where resume says that there is no run, nothing had begun, and the command starts again.
    """
    if kind in ("evaluate", "sample"):
        assert fokker("info", folder / "run").returncode == 0
        done((evaluate_of if kind == "evaluate" else sample_of)(folder))
        return
    result = fokker(*resume_of(folder), "--threads", 1)
    if result.returncode == 0:
        return
    begun = (folder / "run/config.toml").exists() or (folder / "run/sweep.toml").exists()
    assert result.returncode == 2 and "expected the folder of a run" in result.stderr and not begun, result.stderr
    if kind == "sweep":
        result = fokker(*sweep_of(folder), "--threads", 1)
        if result.returncode == 2 and "holds a run already" in result.stderr:
            shutil.rmtree(folder / "run")  # cut while the folders of its members were made
            done(sweep_of(folder))
    else:
        done(run_of(folder))


def failure(recording, kind, state, folder):
    """Returns what is wrong after a cut, or None."""
    try:
        put(state, folder)
        recovered(folder, kind)
        found = kept(folder)
        if kind == "sample":  # a folder of a cut call stays, and the next call makes another
            newest = max(path.name for path in (folder / "run").glob("more-*"))
            found = {name.replace(newest, "more-1"): value for name, value in found.items()
                     if "more-" not in name or newest in name}
        wrong = [name for name in recording.expected if found.get(name) != recording.expected[name]]
        return f"other bytes: {wrong}" if wrong or len(found) != len(recording.expected) else None
    except (AssertionError, OSError) as error:
        return str(error)
    finally:
        shutil.rmtree(folder)


def failures(recording, kind, states, folder):
    (folder / "tiny.toml").write_text(recording.config)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = pool.map(lambda item: failure(recording, kind, item[1], folder / str(item[0])), enumerate(states))
        return [text for text in found if text]


def recordings_of(make_folder, steps):
    def made(kind, command, before=None):
        return Recording(make_folder(kind), command, steps, before)

    run = made("run", run_of)
    half, disk = make_folder("half") / "half", run.disk()
    for call in run.calls[: len(run.calls) // 2]:
        disk.apply(call)
    put(disk.seen(), half)
    return {
        "run": run,
        "resume": made("resume", resume_of, half),
        "sweep": made("sweep", sweep_of),
        "evaluate": made("evaluate", evaluate_of, run.after),
        "sample": made("sample", sample_of, run.after),
    }


@pytest.fixture(scope="module")
def recordings(tmp_path_factory):
    """Returns a function from the number of training steps to the recordings of each kind of command."""
    if not SHIM.exists():
        pytest.skip("this build has no librecording.so")
    return functools.lru_cache(lambda steps: recordings_of(tmp_path_factory.mktemp, steps))


@pytest.mark.parametrize("kind", FEW)
def test_the_recorded_calls_are_all_that_was_done(recordings, kind):
    recording = recordings(6)[kind]
    disk = recording.disk()
    for call in recording.calls:
        disk.apply(call)
    assert sum(call.name == "sync" for call in recording.calls) > 4
    after = {str(path.relative_to(recording.after)): None if path.is_dir() else path.read_bytes()
             for path in recording.after.rglob("*")}
    assert disk.seen() == after


def check(recording, kind, states, folder):
    found = failures(recording, kind, states, folder)
    print(f"{kind}: {len(recording.calls)} calls, {len(states)} states, {len(found)} failures")
    assert not found, (len(found), len(states), found[:3])


@pytest.mark.parametrize("kind", FEW)
def test_states_after_a_power_cut_recover(recordings, kind, tmp_path):
    recording = recordings(6)[kind]
    states = recording.states(8)
    check(recording, kind, random.Random(0).sample(states, min(FEW[kind], len(states))), tmp_path)


@pytest.mark.nightly
@pytest.mark.parametrize("kind", FEW)
def test_every_state_after_a_power_cut_recovers(recordings, kind, tmp_path):
    recording = recordings(24)[kind]
    check(recording, kind, recording.states(1000), tmp_path)


def test_without_syncs_power_cuts_do_harm(recordings, tmp_path):
    """This negative control replays the same calls, but no sync reaches the disk."""
    recording = recordings(6)["run"]
    states = recording.states(2, syncs=False)
    assert failures(recording, "run", random.Random(0).sample(states, 40), tmp_path)
