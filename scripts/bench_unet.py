#!/usr/bin/env python3
"""Measures the U-Net in Fokker and in torch: bench_unet.py [--rounds 3] [--threads 0] [--no-compile] [--no-growth]
[--torch PYTHON] [--command build/release/bin/fokker_bench_unet]

Every round runs each workload in Fokker, torch eager and torch.compile, one process after the other.  Figures are
medians over the rounds.  It writes build/bench_unet.json and the tables of the U-Net in docs/performance.md.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys

from bench_rows import number, put, table

ROOT = pathlib.Path(__file__).resolve().parent.parent
WORKLOADS = {"train": "training step", "train/bf16": "training step, bf16", "forward": "forward", "forward/bf16": "forward, bf16"}
TARGETS = {"train": "2× eager", "train/bf16": "5× the best bf16", "forward": "2×", "forward/bf16": "3×"}
GROWTH = [(threads, batch, width) for threads in (1, 2) for batch, width in ((64, 32),)] + [
    (2, 8, 32), (2, 16, 32), (2, 32, 32), (2, 128, 32), (2, 64, 16), (2, 64, 64)]  # fmt: skip


def run(*command):
    """Returns the JSON object that a program prints; {} where it cannot run."""
    result = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    if result.returncode:
        print(f"bench: {' '.join(map(str, command))} fails: {result.stderr.strip()[-300:]}", file=sys.stderr)
        return {}
    return json.loads(result.stdout)


def start_up(*command):
    """Returns seconds and MB of a new Python with one import."""
    code = "import resource,time;b=time.perf_counter();{};print([time.perf_counter()-b,resource.getrusage(resource.RUSAGE_SELF).ru_maxrss/1024])"
    python, module, path = command
    env = os.environ | {"PYTHONPATH": str(path)}
    result = subprocess.run([str(python), "-c", code.format(f"import {module}")], capture_output=True, text=True, env=env)
    return json.loads(result.stdout) if result.returncode == 0 else None


def measure(options):
    """Returns {library: {key: median over the rounds}}; keys are workloads with their CPU seconds and peaks."""
    torch = (options.torch, ROOT / "scripts/bench_unet_torch.py")
    figures = {}
    for number in range(options.rounds):
        for name in WORKLOADS:
            jobs = {"fokker": (options.command, options.threads, name), "torch": (*torch, options.threads, name)}
            if options.compile:
                jobs["compiled"] = (*torch, options.threads, f"{name}/compile")
            for library, command in jobs.items():
                found = run(*command)
                for key, value in found.items():
                    if key.startswith(name):
                        figures.setdefault((library, key.replace("/compile", "")), []).append(value)
                if "peak_mb" in found:
                    figures.setdefault((library, f"{name} peak"), []).append(found["peak_mb"])
        print(f"bench: round {number + 1} of {options.rounds}", flush=True)
    return {f"{library}: {key}": statistics.median(values) for (library, key), values in figures.items()}


def workload_lines(m):
    for name, title in WORKLOADS.items():
        ours, eager, compiled = (m.get(f"{library}: {name}") for library in ("fokker", "torch", "compiled"))
        if ours is None:
            continue
        cpu, peer_cpu = m[f"fokker: {name} cpu"], m.get(f"torch: {name} cpu")
        best = min((v for v in (eager, compiled) if v), default=None)
        yield [title, number(ours), number(eager), number(compiled), number(best and best / ours, "×"), TARGETS[name],
               number(peer_cpu and peer_cpu / cpu, "×"),
               *(f"{m[key]:.0f}" if (key := f"{library}: {name} peak") in m else "" for library in ("fokker", "torch", "compiled"))]  # fmt: skip


def part_lines(parts):
    for kind in parts["f32"]:
        cells = [kind]
        for precision in ("f32", "bf16"):
            p = parts[precision][kind]
            cells += [f"{p['ms']:.0f}", number(p.get("gf_per_s")), number(p.get("best"))]
        yield cells


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=0, help="0: all")
    parser.add_argument("--torch", default=ROOT / "build/peers/bin/python")
    parser.add_argument("--compile", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--growth", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--command", default=ROOT / "build/release/bin/fokker_bench_unet")
    options = parser.parse_args()
    medians = measure(options)
    parts = {p: run(options.command, 1, name)[name] for p, name in (("f32", "parts"), ("bf16", "parts/bf16"))}
    growth = {f"{t} {b} {w}": run(options.command, t, b, w, "train", "train/bf16") for t, b, w in (GROWTH if options.growth else [])}
    venv = ROOT / "build/venv/bin/python"
    imports = {"fokker": start_up(venv, "fokker", ROOT / "build/release/python"), "torch": start_up(options.torch, "torch", "")}
    report = {"rounds": options.rounds, "threads": options.threads, "load": os.getloadavg()[0], "medians": medians,
              "parts": parts, "growth": growth, "start": imports}  # fmt: skip
    (ROOT / "build/bench_unet.json").write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n")
    tables = {
        "unet": table(["workload", "Fokker, s", "torch eager, s", "compiled, s", "best peer / Fokker", "target", "CPU time, eager / Fokker",
                       "peak, MB: Fokker", "eager", "compiled"], workload_lines(medians)),
        "unet_parts": table(["kind", "f32: ms", "GF/s", "best layer", "bf16: ms", "GF/s", "best layer"], part_lines(parts)),
        "unet_growth": table(["threads", "batch", "width", "f32: s", "CPU s", "bf16: s", "CPU s"],
                             [[*key.split(), *(number(found.get(k)) for k in ("train", "train cpu", "train/bf16", "train/bf16 cpu"))]
                              for key, found in growth.items()]),
        "start": table(["import", "s", "MB"], [[k, number(v[0]), f"{v[1]:.0f}"] for k, v in imports.items() if v]),
    }  # fmt: skip
    if not options.growth:
        del tables["unet_growth"]
    put(ROOT / "docs/performance.md", tables)


if __name__ == "__main__":
    main()
