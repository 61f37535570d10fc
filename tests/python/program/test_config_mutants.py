"""These tests give the program mutated configs.

Each config is either refused with exit code 2 before anything is written, or run without failing by its content.
"""

import os
import random
import resource
import shutil
import subprocess
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from command import COMMAND, fokker
from mutants import config_mutant

PATIENCE = 5.0  # seconds of the processor until a run is ended by SIGTERM, and for a refusal
MEMORY = 3 << 30  # bytes of address space
TRAIN = "[train]\nsteps = 2\nbatch = 8\ncheckpoint_every = 1\n"
UNET = '[network]\nkind = "unet"\nchannels = [8, 8]\nattention = [false, true]\nlayers_per_block = 1\n'
MLP = '[network]\nkind = "mlp"\nhidden = [8]\n'
DRAW = 'solver = "dpmpp_2m"\ngrid = "log_snr"\nsteps = 2\n'
BASES = {
    "moons": 'name = "moons"\n[data]\nsource = "two_moons"\nn = 100\nscaling = "standardise_all"\n' + MLP + TRAIN + f"""
emas = [0.9]
snapshot_every = 1
ema_lengths = [0.1]
validate_every = 1
[[sample]]
solver = "heun"
steps = 2
n = 10
[[sample]]
name = "other"
{DRAW}n = 10
[[denoise]]
n = 3
samples = 2
sampler = {{steps = 2}}
[evaluate]
metrics = ["energy", "sliced_w2"]
limit = 10
""",
    "uses": 'name = "uses"\n[data]\nsource = "digits"\nn = 100\n' + UNET
            + "classes = 10\nlabel_dropout = 0.1\n" + TRAIN + f"""
[[sample]]
{DRAW}n = 4
labels = [0, 1]
guidance = {{strength = 1.5}}
[[guidance_sweep]]
{DRAW}n = 4
labels = [0, 1]
strengths = [0, 1]
[[edit]]
{DRAW}n = 2
strengths = [0.5]
[[translate]]
n = 2
to = 1
flow = {{tolerance = 0.1}}
[[inpaint]]
mask = "right_half"
n = 2
samples = 2
sampler = {{steps = 2}}
[evaluate]
metrics = []
""",
    "adversarial": 'name = "gan"\n[data]\nsource = "gaussian_grid"\nn = 300\n' + MLP + TRAIN + """
objective = "gan"
prediction = "x0"
[train.adversarial]
loss = "non_saturating"
r1 = 5
r1_every = 4
discriminator = [8]
[[sample]]
solver = "ancestral"
times = [1.0]
n = 60
[evaluate]
metrics = ["modes", "energy"]
limit = 50
""",
    "captions": 'name = "captions"\n[data]\nsource = "scenes"\nn = 60\n' + UNET
                + "head_size = 0\ntext_width = 16\ntext_depth = 1\ntext_heads = 2\nlabel_dropout = 0.1\n" + TRAIN + f"""
[[sample]]
{DRAW}n = 2
prompts = ["a 3 above a 7"]
[evaluate]
metrics = []
""",
    "anomalies": 'name = "table"\n[data]\nsource = "breast_cancer"\nheld_out = 0.3\nexclude_classes = [1]\n'
                 + MLP + TRAIN + """
[[detect]]
method = "whitened"
levels = [0.1, 0.5]
draws = 2
[evaluate]
metrics = []
""",
    "comparison": f"""
name = "compare"
seeds = 2
n = 50
limit = 50
nfe = [4]
metrics = ["sliced_w1", "energy"]
[target]
kind = "mixture"
mixture = "own"
means = [[2.0, 0.0], [0.0, 2.0]]
deviations = [0.1]
weights = [1, 2]
[[solver]]
{DRAW.replace("steps = 2", "")}
[[solver]]
solver = "euler_maruyama"
""",
}


def command_of(base):
    return "compare" if base == "comparison" else "run"


@pytest.fixture(scope="module")
def bases(tmp_path_factory):
    """Returns configs with every key, as runs resolve them."""
    folder = tmp_path_factory.mktemp("bases")
    for name, text in BASES.items():
        (folder / f"{name}.toml").write_text(text)
        result = fokker(command_of(name), folder / f"{name}.toml", "--out", folder / name)
        assert result.returncode == 0, (name, result.stderr)
    return {name: (folder / name / "config.toml").read_text() for name in BASES}


def limited():
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 30, 1 << 30))


def processor_seconds(process):
    """Returns the processor time of a running process: a busy machine does not count against it."""
    numbers = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(numbers[11]) + int(numbers[12])) / os.sysconf("SC_CLK_TCK")


def outcome(base, folder):
    """Returns the exit code, the errors, and the processor's seconds until SIGTERM.

    The exit code is None where the process goes on for seconds after SIGTERM.
    """
    call = [COMMAND, command_of(base), "c.toml", "--out", "run", "--threads", "1"]
    with open(folder / "errors", "w+", errors="replace") as errors:
        process = subprocess.Popen(call, cwd=folder, stdout=subprocess.DEVNULL, stderr=errors, preexec_fn=limited)
        seconds, told, begun = 0.0, None, time.monotonic()
        while process.poll() is None:
            seconds = processor_seconds(process) if told is None else seconds
            if told is None and (seconds > PATIENCE or time.monotonic() - begun > 100 * PATIENCE):
                told = processor_seconds(process)
                process.terminate()
            if told is not None and processor_seconds(process) > told + 2:
                process.kill()
                process.wait()
                return None, "", seconds
            time.sleep(0.01)
        errors.seek(0)
        return process.returncode, errors.read(), seconds


def fault(code, errors, began, seconds):
    """Returns what is wrong with the end of a process, or None."""
    if code == 2 and not began and seconds < PATIENCE:
        return None if len(errors.splitlines()) == 1 else "a refusal of several lines"
    if code == 143:
        return None if began else "no answer within 5 s"
    if code in (0, 3):
        return None
    if code == 4 and (not began or "memory" in errors):
        return None
    return "refused when it had begun" if code in (2, 4) else "ended with another code"


def tried(base, text, number):
    """Returns the exit code for mutant `number`, and what is wrong with it."""
    content = config_mutant(text, random.Random(number))
    with tempfile.TemporaryDirectory(prefix="config-") as folder:
        folder = Path(folder)
        (folder / "c.toml").write_bytes(content)
        code, errors, seconds = outcome(base, folder)
        wrong = fault(code, errors, (folder / "run").exists(), seconds)
        if wrong and os.environ.get("FOKKER_KEEP"):
            shutil.copy(folder / "c.toml", Path(os.environ["FOKKER_KEEP"]) / f"{base}-{number}.toml")
        return code, wrong and f"{base} {number}: {wrong}: {code}, {seconds:.1f} s: {errors.strip()[-300:]}"


@pytest.mark.parametrize("count", [30, pytest.param(1700, marks=pytest.mark.nightly)])
@pytest.mark.parametrize("base", BASES)
def test_mutated_configs_are_refused_or_run(bases, base, count):
    numbers = range(count) if count > 100 else range(10**6, 10**6 + count)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        ends = list(pool.map(lambda number: tried(base, bases[base], number), numbers))
    print(base, dict(Counter(code for code, _ in ends)))
    faults = [wrong for _, wrong in ends if wrong]
    assert not faults, f"{len(faults)} of {count}:\n" + "\n".join(faults[:40])
