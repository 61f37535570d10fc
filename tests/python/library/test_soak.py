"""A soak tests that memory, open files and threads stay as they are while one process trains, samples and evaluates.

FOKKER_SOAK_SECONDS is how long the soak takes: 600 unless given.  Resident memory comes in pages, and the allocator
keeps some for a while.  The first fifth of the time is therefore dropped as warm-up, and the least memory in each of
fifty blocks is taken.  The slope is the median over all pairs of blocks (Theil and Sen), with its 95 % interval.
"""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from scipy.stats import theilslopes

from command import ROOT

SECONDS = float(os.environ.get("FOKKER_SOAK_SECONDS", "600"))
MOST = 1024  # bytes in 1,000 steps


def blocks(rows, count=50):
    """Returns the steps and the least memory of each block after the warm-up."""
    rows = [row for row in rows if row["seconds"] > 0.2 * rows[-1]["seconds"]]
    bounds = np.linspace(0, len(rows), min(count, len(rows)) + 1).astype(int)
    least = [min(rows[a:b], key=lambda row: row["resident"]) for a, b in zip(bounds, bounds[1:])]
    return [row["steps"] for row in least], [row["resident"] for row in least]


def slope(rows):
    """Returns the median of the bytes in 1,000 steps, and the ends of its 95 % interval."""
    steps, resident = blocks(rows)
    middle, _, low, high = theilslopes(resident, np.asarray(steps) / 1000, 0.95)
    return middle, low, high


def rows_with(growth, noise, seed=0):
    random = np.random.default_rng(seed)
    return [{"seconds": i, "steps": 1000 * i, "resident": 2e8 + growth * i + abs(random.normal(0, noise))}
            for i in range(1000)]


def test_a_slope_is_found_beneath_noise():
    """This negative control sees a leak of 1.2 KiB in 1,000 steps under noise of 0.2 MB.

    It sees no leak where there is none.
    """
    low, high = slope(rows_with(1.2 * MOST, 2e5))[0], slope(rows_with(0, 2e5))[0]
    assert low > MOST and abs(high) < 0.2 * MOST


@pytest.mark.nightly
def test_a_soak_needs_no_more_memory(tmp_path):
    log = tmp_path / "soak.jsonl"
    script = ROOT / "tests/python/soak.py"
    subprocess.run([sys.executable, script, str(SECONDS), log], check=True, timeout=SECONDS + 600)
    rows = [json.loads(line) for line in log.read_text().splitlines()]
    middle, low, high = slope(rows)
    print(f"{rows[-1]['seconds']:.0f} s, {rows[-1]['steps']} steps, {rows[-1]['resident'] / 2**20:.0f} MiB: "
          f"{middle:.0f} [{low:.0f}, {high:.0f}] bytes in 1,000 steps")
    assert middle < MOST
    settled = rows[len(rows) // 5 :]
    for count in ("files", "threads"):
        assert len({row[count] for row in settled}) == 1, count
