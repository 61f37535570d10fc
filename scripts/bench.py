#!/usr/bin/env python3
"""Measures Fokker and its peers: bench.py [--rounds 5] [--peers torch jax …] [--command build/release/bin/fokker_bench]

Every round runs all workloads in Fokker and in each peer, one process after the other.  Figures are medians over the
rounds.  It writes build/bench.json and the tables of docs/performance.md.  Peers that are not installed (`make peers`)
are left out, and those of bench_rows.SLOW run in the first round alone.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys

import bench_rows as rows

ROOT = pathlib.Path(__file__).resolve().parent.parent
PEERS = ROOT / "build/peers/bin/python"


def run(*command):
    """Returns the JSON object that a program prints; {} where it cannot run."""
    result = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    for line in result.stderr.splitlines():
        if line.startswith("bench:"):
            print(line, file=sys.stderr)
    if result.returncode:
        print(f"bench: {' '.join(map(str, command[-2:]))} fails: {result.stderr.strip()[-300:]}", file=sys.stderr)
        return {}
    return json.loads(result.stdout)


def measure(command, rounds, peers):
    """Returns {(library, workload): median over the rounds}."""
    ours = [row.workload for row in rows.NETWORKS] + list(rows.PATHS)
    jobs = {"fokker": (command, 0, *ours), "fokker, 1 thread": (command, 1, *rows.THREADED)}
    if PEERS.exists():
        jobs |= {peer: (PEERS, ROOT / "scripts/bench_peers.py", peer, *rows.of_peer(peer)) for peer in peers}
    figures = {}
    for number in range(rounds):
        for library, arguments in jobs.items():
            if library in rows.SLOW and number > 0:
                continue
            for workload, value in run(*arguments).items():
                figures.setdefault((library, workload), []).append(value)
        print(f"bench: round {number + 1} of {rounds}", flush=True)
    return {job: statistics.median(values) for job, values in figures.items()}


def growth(command):
    """Measures rates and peaks of memory by dimension and by number of paths, in one process each."""
    return {workload: run(command, 0, workload) for workload in (*rows.DIMENSIONS, *rows.NUMBERS)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--peers", nargs="*", default=rows.ALL_PEERS, choices=rows.ALL_PEERS)
    parser.add_argument("--command", default=ROOT / "build/release/bin/fokker_bench")
    options = parser.parse_args()
    before = os.getloadavg()[0]
    medians, grown = measure(options.command, options.rounds, options.peers), growth(options.command)
    report = {
        "rounds": options.rounds,
        "load_before": before,
        "networks": list(rows.networks(medians)),
        "paths": list(rows.paths(medians)),
        "threads": list(rows.threads(medians)),
        "dimensions": list(rows.dimensions(grown)),
        "numbers": list(rows.numbers(grown)),
    }
    (ROOT / "build/bench.json").write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n")
    rows.put(ROOT / "docs/performance.md", rows.tables(report))


if __name__ == "__main__":
    main()
