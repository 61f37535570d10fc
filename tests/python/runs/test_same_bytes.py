"""Runs of a fixed list of configs have the bytes that they had before.

Weights, samples, metrics, pictures and pages of each run are compared with the hashes in same_bytes.json.  The runs use
one instruction set, so that the hashes hold on every CPU that has it.  A change that means to move bits writes the file
anew and says so in the CHANGELOG:

    python tests/python/runs/test_same_bytes.py
"""

import hashlib
import json
import sys
import tempfile
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from command import ROOT, datasets, fokker  # noqa: E402

HASHES = Path(__file__).with_name("same_bytes.json")
ISA = "v3"


def each(table, count, *settings):
    """The settings for each of the first `count` tables of a list."""
    return [f"{table}.{i}.{setting}" for i in range(count) for setting in settings]


PLAIN = ["train.steps=4", "evaluate.metrics=[]"]
USES = [*each("sample", 1, "n=20"), *each("guidance_sweep", 1, "n=20", "steps=4"), *each("edit", 1, "n=4", "steps=8"),
        *each("inpaint", 5, "n=4", "sampler.steps=5"), *each("denoise", 6, "n=4"), "synthesise.0.n=20"]
RUNS = {
    "moons": ["train.steps=20"],
    "digits": ["train.steps=4", "evaluate.metrics=[\"sliced_w2\"]", *each("sample", 4, "n=20")],
    "conditional_digits": [*PLAIN, *USES],
    "signals": PLAIN,
    "table": ["train.steps=20"],
    "systems/ddpm_digits": [*PLAIN, *each("sample", 1, "n=20", "steps=20")],
    "systems/ncsnv2_digits": ["train.steps=4", "evaluate.metrics=[\"energy\"]", *each("sample", 1, "n=20")],
    "systems/score_sde_subvp_digits": [*PLAIN, *each("sample", 2, "n=20")],
    "systems/vdm_digits": [*PLAIN, *each("sample", 1, "n=20")],
    "systems/edm_digits": [*PLAIN, *each("sample", 1, "n=20")],
    "systems/flow_digits": [*PLAIN, *each("sample", 1, "n=20")],
    "gan/gan_digits": ["train.steps=10", "evaluate.metrics=[\"frechet\"]"],
    "gan/ddgan_digits": [*PLAIN, *each("sample", 1, "n=20")],
}
COMPARISONS = {"compare_samplers": ["seeds=2", "n=50", "nfe=[10]", "paths=8"]}
TIMES = ("seconds", "wall_time", "created")


def sha256(data):
    return hashlib.sha256(data).hexdigest()[:16]


def hashes(folder):
    """One hash for each result in a folder: each picture and page, the weights, and each dataset of HDF5 files."""
    found = {}
    for path in sorted(folder.glob("*")):
        if path.suffix in (".png", ".safetensors", ".html", ".svg"):
            found[path.name] = sha256(path.read_bytes())
        if path.suffix == ".h5":
            found |= {f"{path.name}:{name}": sha256(repr(value).encode() if isinstance(value, bytes) else value.tobytes())
                      for name, value in datasets(path).items() if not name.endswith(TIMES)}
    return found


def run(name, settings, out):
    config = next(path for path in (ROOT / "experiments").rglob(Path(name).name + ".toml"))
    command = "compare" if name in COMPARISONS else "run"
    done = fokker(command, config, *settings, "--isa", ISA, "--out", out)
    assert done.returncode == 0, done.stderr
    return hashes(out)


@pytest.mark.skipif("avx2" not in Path("/proc/cpuinfo").read_text(), reason="the hashes are of AVX2")
@pytest.mark.parametrize("name", [*RUNS, *COMPARISONS])
def test_a_run_has_the_bytes_that_it_had(name, tmp_path):
    wanted = json.loads(HASHES.read_text())[name]
    found = run(name, (RUNS | COMPARISONS)[name], tmp_path / "run")
    assert set(found) == set(wanted)
    assert not [key for key in wanted if found[key] != wanted[key]]


def write():
    with tempfile.TemporaryDirectory() as folder:
        found = {name: run(name, settings, Path(folder) / name.replace("/", "-"))
                 for name, settings in (RUNS | COMPARISONS).items()}
    HASHES.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    write()
