"""Curves of a training, from the rows of its log."""

import numpy as np


def held_out(rows):
    rows = [row for row in rows if "held_out_loss" in row]
    return {"step": [row["step"] for row in rows], "loss": [row["held_out_loss"] for row in rows]}


def noise_levels(rows):
    rows = [row for row in rows if "noise_levels" in row]
    levels = {key: np.array([row["noise_levels"][key] for row in rows], dtype)
              for key, dtype in (("mean", float), ("deviation", float), ("count", int))}
    return {"step": [row["step"] for row in rows], **levels}


def summary(run):
    """The number of steps and the last losses, in a line."""
    last, measured = run.loss[-100:], run.held_out
    text = f"{len(run.metrics)} steps"
    if last:
        text += f", loss {np.mean(last):.4g} over the last {len(last)}"
    if measured["step"]:
        text += f"; held out {measured['loss'][-1]:.4g} after step {measured['step'][-1]}"
    return text


def plot_losses(run, axes):
    import matplotlib.pyplot as plt

    axes = axes or plt.gca()
    loss, measured = run.loss, run.held_out
    window = max(1, len(loss) // 50)
    mean = np.convolve(loss, np.full(window, 1 / window), "valid")
    axes.plot(np.arange(1, len(loss) + 1), loss, alpha=0.3)
    axes.plot(np.arange(window, len(loss) + 1), mean, label="training")
    if measured["step"]:
        axes.plot(measured["step"], measured["loss"], "o-", markersize=3, label="held out")
        axes.legend()
    axes.set(xlabel="step", ylabel="loss", yscale="log")
    return axes


def plot_noise_levels(run, axes):
    import matplotlib.pyplot as plt

    axes = axes or plt.gca()
    lines = run.noise_levels["mean"]
    for i, line in enumerate(lines):
        axes.plot((np.arange(len(line)) + 0.5) / len(line), line, color=plt.cm.viridis_r((i + 1) / len(lines)))
    axes.set(xlabel="noise level (label of the time)", ylabel="mean error", yscale="log")
    return axes
