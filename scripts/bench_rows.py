"""What bench.py measures, and its tables."""

from typing import NamedTuple


class Network(NamedTuple):
    name: str
    workload: str
    unit: str
    factor: float  # factor that converts seconds
    target: float  # wanted ratio to torch


NETWORKS = [
    Network("toy step (MLP 100-128-128-100, batch 64)", "toy", "µs", 1e6, 6.0),
    Network("2-D score MLP 256×4, batch 512", "score_mlp_512", "ms", 1e3, 1.8),
    Network("2-D score MLP 256×4, batch 4096", "score_mlp_4096", "ms", 1e3, 1.6),
]

# PROBLEM/SOLVER → the peers that have it
LOOPS = ["torch", "jax"]
DIFFRAX = ["diffrax", "diffrax_tree"]
PATHS = {
    "mixture/euler_maruyama": [*LOOPS, "torchsde", *DIFFRAX],
    "mixture/sra1": [*LOOPS, "torchsde", *DIFFRAX],
    "mixture/shark": ["jax", *DIFFRAX],
    "mixture/sea": ["jax", *DIFFRAX],
    "mixture/milstein": [],  # additive noise: Euler–Maruyama
    "ou/euler_maruyama": [*LOOPS, "torchsde", *DIFFRAX],
    "ou/milstein": ["torchsde"],
    "ou/sra1": [*LOOPS, "torchsde", *DIFFRAX],
    "ou/shark": ["diffrax"],
    "ou/sea": ["diffrax"],
    "gbm/euler_maruyama": [*LOOPS, "torchsde", *DIFFRAX],
    "gbm/milstein": [*LOOPS, "torchsde"],  # diffrax would hold the Jacobian of the whole batch
    "gbm/sriw2": ["torchsde"],
}
ALL_PEERS = ["torch", "jax", "torchsde", "diffrax", "diffrax_tree"]
SLOW = {"torchsde", "diffrax_tree"}  # one round, fewer paths
EULER_TARGET, RUNGE_KUTTA_TARGET = 20.0, 100.0  # times jax; in M path-steps a second
RUNGE_KUTTA = {"sra1", "shark"}

THREADED = ["mixture/euler_maruyama", "mixture/sra1", "mixture/sea", "ou/euler_maruyama", "gbm/milstein"]
DIMENSIONS = [f"{problem}/{200_000 // d if d < 64 else 2048}/{d}"
              for problem in ("ou/sra1", "mixture/euler_maruyama") for d in (2, 16, 128, 784, 3072)]  # fmt: skip
NUMBERS = [f"{problem}/{10**k}" for problem in ("mixture/euler_maruyama", "ou/sra1") for k in range(3, 8)]


def of_peer(peer):
    networks = [row.workload for row in NETWORKS] if peer == "torch" else []
    return networks + [name for name, peers in PATHS.items() if peer in peers]


def networks(medians):
    for row in NETWORKS:
        ours, theirs = medians.get(("fokker", row.workload)), medians.get(("torch", row.workload))
        if ours is not None:
            yield {
                "name": row.name,
                "unit": row.unit,
                "fokker": ours * row.factor,
                "torch": theirs * row.factor if theirs else None,
                "ratio": theirs / ours if theirs else None,
                "target": row.target,
            }


def paths(medians):
    """Returns rates in M path-steps a second."""
    for name in PATHS:
        problem, solver = name.split("/")
        rates = {peer: medians[peer, name] / 1e6 for peer in ("fokker", *ALL_PEERS) if (peer, name) in medians}
        if "fokker" in rates:
            yield {"problem": problem, "solver": solver, **rates}


def threads(medians):
    for name in THREADED:
        one, all_of_them = medians.get(("fokker, 1 thread", name)), medians.get(("fokker", name))
        if one and all_of_them:
            yield {"name": name, "one": one / 1e6, "all": all_of_them / 1e6, "ratio": all_of_them / one}


def dimensions(grown):
    """Returns rates in M elements (path-steps times dimension) a second."""
    for workload in DIMENSIONS:
        problem, solver, _, dimension = workload.split("/")
        if workload in grown.get(workload, {}):
            rate = grown[workload][workload] * int(dimension) / 1e6
            yield {"problem": problem, "solver": solver, "dimension": int(dimension), "rate": rate}


def numbers(grown):
    """Returns the numbers; `states` are the MB of the first and the last states, which the caller holds."""
    for workload in NUMBERS:
        problem, solver, number = workload.split("/")
        if workload in grown.get(workload, {}):
            peak, states = grown[workload]["peak_mb"], 2 * int(number) * 2 * 4 / 2**20
            rate = grown[workload][workload] / 1e6
            yield {"problem": problem, "solver": solver, "paths": int(number), "rate": rate, "peak": peak, "states": states}


def put(page, tables):
    """Prints the tables and puts each between its marks in a page."""
    text = page.read_text()
    for name, content in tables.items():
        begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
        head, tail = text.split(begin)[0], text.split(end)[1]
        text = f"{head}{begin}\n{content}\n{end}{tail}"
        print(f"\n{content}")
    page.write_text(text)


def table(header, lines):
    cells = [header, ["---"] * len(header), *lines]
    return "\n".join("| " + " | ".join(line) + " |" for line in cells)


def number(value, suffix=""):
    return "" if value is None else f"{value:.3g}{suffix}" if value < 1000 else f"{value:.0f}{suffix}"


def verdict(row):
    """Returns the target of design.md §9 where the row has one."""
    if row["problem"] != "mixture":
        return ""
    if row["solver"] == "euler_maruyama" and "jax" in row:
        return f"{row['fokker'] / row['jax']:.1f}× jax, of {EULER_TARGET:g}×"
    return f"of {RUNGE_KUTTA_TARGET:g} M" if row["solver"] in RUNGE_KUTTA else ""


def by_solver(rows, key, header):
    """Returns one line for each (problem, solver), with one column for each value of `key`."""
    lines = {}
    for row in rows:
        lines.setdefault(f"{row['problem']}, {row['solver']}", {})[row[key]] = row
    columns = sorted({row[key] for row in rows})
    return columns, lines, [header, *(f"{column:,}" for column in columns)]


def tables(report):
    found = {"networks": table(
        ["workload", "unit", "Fokker", "torch", "ratio", "target"],
        [[r["name"], r["unit"], number(r["fokker"]), number(r["torch"]), number(r["ratio"], "×"), f"{r['target']:g}×"]
         for r in report["networks"]])}  # fmt: skip
    found["paths"] = table(
        ["problem", "solver", "Fokker", "torch loop", "jax scan", "torchsde", "diffrax, unsafe", "diffrax, tree",
         "to the best peer", "target"],
        [[r["problem"], r["solver"], number(r["fokker"]), *(number(r.get(peer)) for peer in ALL_PEERS),
          number(r["fokker"] / max((r[p] for p in ALL_PEERS if p in r), default=float("inf")) or None, "×"), verdict(r)]
         for r in report["paths"]])  # fmt: skip
    found["threads"] = table(
        ["workload", "1 thread", "all", "ratio"],
        [[r["name"], number(r["one"]), number(r["all"]), number(r["ratio"], "×")] for r in report["threads"]])  # fmt: skip
    columns, lines, header = by_solver(report["dimensions"], "dimension", "dimension")
    found["dimensions"] = table(
        header, [[name, *(number(row[d]["rate"]) if d in row else "" for d in columns)] for name, row in lines.items()]
    )
    columns, lines, header = by_solver(report["numbers"], "paths", "paths")
    found["numbers"] = table(header, [
        [f"{name}: {text}", *(number(value(row[n])) if n in row else "" for n in columns)]
        for name, row in lines.items()
        for text, value in (("M path-steps/s", lambda r: r["rate"]), ("peak, MB", lambda r: r["peak"]),
                            ("of it first and last states, MB", lambda r: r["states"]))])  # fmt: skip
    return found
