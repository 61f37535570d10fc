#!/usr/bin/env python3
"""The MNIST run in PyTorch: the same network, objective, optimizer, number of images and sampler as a Fokker run.

    python scripts/mnist_peer.py --config runs/mnist/config.toml --held-out runs/mnist/results.h5 --data data/mnist --out peer
    python scripts/mnist_compare.py runs/mnist peer/samples.npy

It needs torch and NumPy (and h5py to read the held-out rows from results.h5; else --held-out is a .npy or .json file of
them).  The network is diffusers' UNet2DModel where that is installed, and otherwise the same one of torch_unet.py.  --out gets
samples.npy, [n, height, width, 1] in [0, 255], and figures.json.  Weights, order and noise are torch's own draws.
"""

import argparse
import gzip
import json
import math
import pathlib
import statistics
import time

import numpy as np
import torch
from torch_sampling import T_MIN, VP, sample

# Fokker's defaults stand where the run's file leaves settings out.
DEFAULTS = {
    "sde": {"kind": "vp", "beta": [0.1, 20.0]},
    "network": {"kind": "unet", "channels": [32, 64], "attention": [], "mid_attention": True, "layers_per_block": 2,
                "groups": 8, "head_size": 8, "norm_epsilon": 1e-5},
    "train": {"steps": 3000, "batch": 128, "learning_rate": 5e-4, "clip": 1.0, "ema": 0.999, "schedule": "constant",
              "warmup": 0, "time_sampling": "stratified"},
    "sample": {"solver": "euler_maruyama", "steps": 100, "n": 64, "grid": "uniform", "clock": "t"},
}  # fmt: skip
# Options of which this script has a single kind.
ONLY = {
    "sde": {"kind": "vp"},
    "network": {"kind": "unet", "norm": "group", "time_embedding": "positional", "scale_shift": False, "dropout": 0,
                "downsample": "conv", "upsample": "conv", "residual_divisor": 1, "mid_divisor": 1, "classes": 0,
                "cosine_first": True, "frequency_shift": 0, "center_input": False, "embedding": 0},
    "train": {"objective": "dsm", "prediction": "epsilon", "weighting": "uniform", "optimizer": "adam"},
}  # fmt: skip
SAMPLERS = {"sra1": "snr", "ancestral": "t", "dpmpp_2m": "t"}  # solver and clock, on the grid log_snr


def settings(arguments):
    """Returns the tables of the run, with the changes of the command line."""
    tables = {name: dict(table) for name, table in DEFAULTS.items()}
    if arguments.config:
        import tomllib

        file = tomllib.loads(pathlib.Path(arguments.config).read_text())
        file["sample"] = (file.get("sample") or [{}])[arguments.sample]
        for name, table in tables.items():
            table.update(file.get(name, {}))
    for assignment in arguments.set:
        key, value = assignment.split("=", 1)
        table, name = key.split(".", 1)
        tables[table][name] = json.loads(value) if value[:1] in "-0123456789[tf" else value
    for name, only in ONLY.items():
        for key, value in only.items():
            if tables[name].get(key, value) != value:
                raise SystemExit(f"mnist_peer: expected {name}.{key} = {value}, got {tables[name][key]}")
    solver, clock, grid = (tables["sample"][key] for key in ("solver", "clock", "grid"))
    if SAMPLERS.get(solver) != clock or grid != "log_snr":
        raise SystemExit(f"mnist_peer: expected one of {SAMPLERS} on the grid log_snr, got {solver}, {clock}, {grid}")
    return tables


def read_idx(path):
    data = path.read_bytes()
    data = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
    shape = np.frombuffer(data, ">i4", data[3], 4)
    return np.frombuffer(data, np.uint8, offset=4 + 4 * data[3]).reshape(shape)


def images_of(folder):
    """Returns images [N, 1, H, W] in [−1, 1] of a file, or of the training part in a folder, else of the test part."""
    folder = pathlib.Path(folder)
    parts = [folder] if folder.is_file() else sorted(folder.glob("train-images*")) + sorted(folder.glob("t10k-images*"))
    if not parts:
        raise SystemExit(f"mnist_peer: no train-images* or t10k-images* in {folder}")
    return torch.from_numpy(read_idx(parts[0])[:, None] / np.float32(127.5) - 1)


def rows_of(path):
    """Returns the rows that are not trained on."""
    path = pathlib.Path(path)
    if path.suffix == ".json":
        return np.array(json.loads(path.read_text()))
    if path.suffix == ".npy":
        return np.load(path)
    import h5py

    with h5py.File(path) as file:
        return file["data/held_out_index"][()]


def unet_options(network, images):
    attention = list(network["attention"]) + [False] * (len(network["channels"]) - len(network["attention"]))
    down = [f"{'Attn' if attends else ''}DownBlock2D" for attends in attention]
    return {
        "sample_size": list(images.shape[2:]),
        "in_channels": 1,
        "out_channels": 1,
        "block_out_channels": network["channels"],
        "layers_per_block": network["layers_per_block"],
        "down_block_types": down,
        "up_block_types": [name.replace("Down", "Up") for name in reversed(down)],
        "norm_num_groups": network["groups"],
        "norm_eps": network["norm_epsilon"],
        "attention_head_dim": network["head_size"] or None,
        "add_attention": network["mid_attention"],
    }


def make_network(options, which):
    """Returns the network, and the name of its library."""
    if which != "own":
        try:
            from diffusers import UNet2DModel

            return UNet2DModel(**options), "diffusers"
        except ImportError:
            if which == "diffusers":
                raise
    from torch_unet import UNet

    return UNet(**options), "torch_unet.py"


def rate(train, step):
    if step < train["warmup"]:
        return train["learning_rate"] * (step + 1) / train["warmup"]
    if train["schedule"] == "constant":
        return train["learning_rate"]
    past, span = step - train["warmup"], max(1, train["steps"] - train["warmup"])
    return train["learning_rate"] * 0.5 * (1 + math.cos(math.pi * min(1, past / span)))


class Trainer:
    def __init__(self, network, call, sde, images, train, autocast):
        self.call, self.sde, self.images, self.train, self.autocast = call, sde, images, train, autocast
        self.parameters = list(network.parameters())
        self.averages = [p.detach().clone() for p in self.parameters]
        self.optimizer = torch.optim.Adam(self.parameters, lr=train["learning_rate"], fused=True)
        self.order = torch.empty(0, dtype=torch.long)
        self.device = images.device

    def rows(self):
        """Returns the next rows of an endless sequence of shuffled epochs."""
        batch = self.train["batch"]
        while len(self.order) < batch:
            self.order = torch.cat([self.order, torch.randperm(len(self.images))])
        rows, self.order = self.order[:batch], self.order[batch:]
        return rows.to(self.device)

    def times(self):
        batch = self.train["batch"]
        u = torch.rand(batch, device=self.device)
        if self.train["time_sampling"] == "stratified":
            u = (torch.arange(batch, device=self.device) + u) / batch
        return T_MIN + (1 - T_MIN) * u

    def step(self, number):
        x0, t = self.images[self.rows()], self.times()
        noise = torch.randn_like(x0)
        alpha, sigma = (value.to(x0.dtype)[:, None, None, None] for value in self.sde.marginal(t))
        with self.autocast():
            predicted = self.call(alpha * x0 + sigma * noise, 1000 * t)
        loss = (predicted.float() - noise).square().mean()
        self.optimizer.zero_grad()
        loss.backward()
        if self.train["clip"] > 0:
            torch.nn.utils.clip_grad_norm_(self.parameters, self.train["clip"])
        for group in self.optimizer.param_groups:
            group["lr"] = rate(self.train, number)
        self.optimizer.step()
        decay = min(self.train["ema"], (1 + number) / (10 + number))
        torch._foreach_lerp_(self.averages, [p.detach() for p in self.parameters], 1 - decay)
        return loss.item()

    def use_averages(self):
        with torch.no_grad():
            for parameter, average in zip(self.parameters, self.averages):
                parameter.copy_(average)


class Peer:
    """One run in torch, as the command line and the run's file say."""

    def __init__(self, arguments):
        self.arguments, self.tables = arguments, settings(arguments)
        self.sde = VP(self.tables["sde"]["beta"])
        if arguments.threads:
            torch.set_num_threads(arguments.threads)
        torch.manual_seed(arguments.seed)
        images = images_of(arguments.data)
        chosen = np.setdiff1d(np.arange(len(images)), rows_of(arguments.held_out))
        network, self.whose = make_network(unet_options(self.tables["network"], images), arguments.network)
        layout = torch.channels_last if arguments.channels_last else torch.preserve_format
        self.images = images[torch.from_numpy(chosen)].to(arguments.device, memory_format=layout)
        self.network = network.to(arguments.device, memory_format=layout)
        self.call = torch.compile(self.forward) if arguments.compile else self.forward
        self.count = sum(p.numel() for p in network.parameters())
        print(f"data     {len(self.images)} training images {tuple(images.shape[1:])}")
        print(f"network  {self.whose}, {self.count} parameters", flush=True)

    def forward(self, x, t):
        y = self.network(x, t)
        return y.sample if hasattr(y, "sample") else y

    def autocast(self):
        return torch.autocast(self.arguments.device.split(":")[0], torch.bfloat16, enabled=self.arguments.bf16)

    def train(self):
        """Trains the network, which gets the averaged weights, and returns the figures of the training."""
        config = self.tables["train"]
        trainer = Trainer(self.network, self.call, self.sde, self.images, config, self.autocast)
        steps, interval = config["steps"], max(1, config["steps"] // 20)
        seconds, losses, begin = [], [], time.perf_counter()
        for number in range(steps):
            start = time.perf_counter()
            losses.append(trainer.step(number))
            seconds.append(time.perf_counter() - start)
            if (number + 1) % interval == 0:
                loss, median = statistics.mean(losses[-interval:]), statistics.median(seconds)
                print(f"step {number + 1:>6}/{steps}  loss {loss:.5f}  {median:.4f} s a step", flush=True)
        total = time.perf_counter() - begin
        trainer.use_averages()
        print(f"trained  {steps} steps in {total:.1f} s, {statistics.median(seconds):.4f} s a step (median)")
        return {"training_s": total, "median_step_s": statistics.median(seconds), "images": steps * config["batch"],
                "last_loss": statistics.mean(losses[-interval:])}  # fmt: skip

    @torch.no_grad()
    def denoise(self, x, t):
        """Returns E[x₀ | x at t]."""
        alpha, sigma = (float(value) for value in self.sde.marginal(t))
        with self.autocast():
            noise = self.call(x, torch.full((len(x),), 1000 * t, device=x.device))
        return (x - sigma * noise.float()) / alpha

    def draw(self):
        """Returns samples [n, H, W, 1] in [0, 255], and the seconds that they took."""
        config, begin, parts = self.tables["sample"], time.perf_counter(), []
        for first in range(0, config["n"], self.arguments.sample_batch):
            count = min(self.arguments.sample_batch, config["n"] - first)
            x = torch.randn(count, *self.images.shape[1:], device=self.images.device) * float(self.sde.marginal(1.0)[1])
            parts.append(sample(self.denoise, self.sde, config["solver"], self.sde.grid(config["steps"]), x).cpu())
        seconds = time.perf_counter() - begin
        print(f"sampled  {config['n']} in {seconds:.1f} s")
        return ((torch.cat(parts) + 1) * 127.5).numpy().transpose(0, 2, 3, 1), seconds

    def run(self):
        out, arguments = self.arguments.out, self.arguments
        figures = self.train()
        samples, figures["sampling_s"] = self.draw()
        figures |= {"network": self.whose, "parameters": self.count, "torch": torch.__version__,
                    "threads": torch.get_num_threads(), "tables": self.tables}  # fmt: skip
        figures |= {name: getattr(arguments, name) for name in ("device", "bf16", "compile", "channels_last", "seed")}
        out.mkdir(parents=True, exist_ok=True)
        np.save(out / "samples.npy", samples)
        (out / "figures.json").write_text(json.dumps(figures, indent=2) + "\n")
        print(f"wrote    {out}/samples.npy, {out}/figures.json")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", help="the run's config.toml; Python 3.11 or later")
    parser.add_argument("--sample", type=int, default=0, help="which of its tables [[sample]]")
    parser.add_argument("--set", action="append", default=[], metavar="TABLE.KEY=VALUE", help="as in train.steps=20")
    parser.add_argument("--held-out", required=True, help="rows not trained on: the run's results.h5, or .npy, or .json")
    parser.add_argument("--data", default="data/mnist", help="a folder of IDX files, or the file of images")
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("mnist_peer"))
    parser.add_argument("--network", choices=["auto", "diffusers", "own"], default="auto")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=0, help="0: torch's choice")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--sample-batch", type=int, default=256)
    for flag in ("--bf16", "--compile", "--channels-last"):
        parser.add_argument(flag, action="store_true")
    Peer(parser.parse_args()).run()


if __name__ == "__main__":
    main()
