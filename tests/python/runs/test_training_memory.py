"""The memory that a training takes."""

import os
import subprocess

from command import COMMAND
from test_training_runs import CONFIG


def peak(config, batch, out):
    """Largest resident memory of a training, in KiB."""
    process = subprocess.Popen([COMMAND, "train", config, "data.n=20000", f"train.batch={batch}", "train.steps=3",
                                "network.hidden=[128,128,128]", "--out", out, "--quiet", "--threads", "2"])
    _, status, usage = os.wait4(process.pid, 0)
    assert status == 0
    return usage.ru_maxrss


def test_memory_does_not_grow_with_the_batch(tmp_path):
    config = tmp_path / "moons.toml"
    config.write_text(CONFIG)
    small, large = peak(config, 2048, tmp_path / "small"), peak(config, 65536, tmp_path / "large")
    assert large < 1.2 * small, (small, large)  # activations of all at once would be 65,536 · 128 · 4 bytes · layers
