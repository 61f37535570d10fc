#!/usr/bin/env python3
"""Fokker against its peers, side by side: bench.py [--rounds 5] [--command build/release/bin/fokker_bench]

Every round runs each workload in Fokker and in each peer, one process after the other; the figures are medians over the
rounds.  Writes build/bench.json and the table of docs/performance.md.  Peers that are not installed (`make peers`) are
left out.
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PEERS = ROOT / "build/peers/bin/python"
TABLE = ("<!-- bench:begin -->", "<!-- bench:end -->")
PATH_STEPS = 100 * 100_000

# name, workload, peer, unit, factor from seconds (or None: path-steps a second), target of the ratio
ROWS = [
    ("toy step (MLP 100-128-128-100, batch 64)", "toy", "torch", "µs", 1e6, 6.0),
    ("2-D score MLP 256×4, batch 512", "score_mlp_512", "torch", "ms", 1e3, 1.8),
    ("2-D score MLP 256×4, batch 4096", "score_mlp_4096", "torch", "ms", 1e3, 1.6),
    ("Euler–Maruyama, reverse VP mixture", "euler_maruyama", "torch", "M path-steps/s", None, 20.0),
    ("Euler–Maruyama, reverse VP mixture", "euler_maruyama", "jax", "M path-steps/s", None, 20.0),
    ("Euler–Maruyama, reverse VP mixture", "euler_maruyama", "torchsde", "M path-steps/s", None, 20.0),
    ("SRA1 / torchsde srk, reverse VP mixture", "sra1", "torchsde", "M path-steps/s", None, 20.0),
]


def seconds(*command):
    """What the program prints, or None where it cannot run."""
    result = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if result.returncode:
        print(f"bench: {' '.join(map(str, command[-2:]))} is left out: {result.stderr.strip().splitlines()[-1:]}",
              file=sys.stderr)
        return None
    return float(result.stdout)


def measure(command, rounds):
    """(peer or "fokker", workload) → seconds of each round."""
    jobs = {("fokker", row[1]): (command, row[1]) for row in ROWS}
    if PEERS.exists():
        jobs |= {(row[2], row[1]): (PEERS, ROOT / "scripts/bench_peers.py", row[2], row[1]) for row in ROWS}
    times = {job: [] for job in jobs}
    for number in range(rounds):
        for job, arguments in jobs.items():
            if job[0] == "torchsde" and number > 0:  # minutes a run
                continue
            value = seconds(*arguments)
            if value is not None:
                times[job].append(value)
        print(f"bench: round {number + 1} of {rounds}", flush=True)
    return {job: statistics.median(values) for job, values in times.items() if values}


def rows_of(medians):
    for name, workload, peer, unit, factor, target in ROWS:
        ours, theirs = medians.get(("fokker", workload)), medians.get((peer, workload))
        if ours is None:
            continue
        show = (lambda s: s * factor) if factor else (lambda s: PATH_STEPS / s / 1e6)
        yield {"name": name, "unit": unit, "ours": show(ours), "peer": show(theirs) if theirs else None, "peer_name": peer,
               "ratio": theirs / ours if theirs else None, "target": target}


def table(rows):
    lines = ["| workload | unit | Fokker | peer | | ratio | target |", "|---|---|---|---|---|---|---|"]
    for row in rows:
        peer = f"{row['peer']:.4g}" if row["peer"] else "not installed"
        ratio = f"{row['ratio']:.2f}×" if row["ratio"] else ""
        lines.append(f"| {row['name']} | {row['unit']} | {row['ours']:.4g} | {peer} | {row['peer_name']} | {ratio} "
                     f"| {row['target']:g}× |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--command", default=ROOT / "build/release/bin/fokker_bench")
    options = parser.parse_args()
    rows = list(rows_of(measure(options.command, options.rounds)))
    (ROOT / "build/bench.json").write_text(json.dumps(rows, indent=2, ensure_ascii=False) + "\n")
    page = ROOT / "docs/performance.md"
    text = page.read_text()
    begin, end = text.index(TABLE[0]) + len(TABLE[0]), text.index(TABLE[1])
    page.write_text(text[:begin] + "\n" + table(rows) + "\n" + text[end:])
    print(table(rows))


if __name__ == "__main__":
    main()
