"""A table of numbers and texts is synthesised: command, file and Python."""

import numpy as np

import fokker as fk
from command import fokker

TABLE = """
name = "mixed-table"
seed = 1
[data]
source = "csv:SOURCE,diagnosis"
held_out = 0.3
[network]
kind = "mlp"
hidden = [128, 128]
classes = 2
[train]
steps = 3000
batch = 128
learning_rate = 2e-3
schedule = "cosine"
prediction = "v"
ema = 0.995
[evaluate]
metrics = []
[[synthesise]]
n = 200
seeds = 3
"""


def test_a_table_of_numbers_and_texts_is_synthesised_as_a_table(tmp_path):
    data = fk.datasets.load("breast_cancer", held_out=0, scaling="none")
    x, label = np.asarray(data.training)[:, :4], np.asarray(data.training_labels)
    size = np.array(["small", "medium", "large"])[np.searchsorted(np.quantile(x[:, 0], [1 / 3, 2 / 3]), x[:, 0])]
    rows = [",".join([*(f"{v:.5g}" for v in a), b, ["benign", "malignant"][c]]) for a, b, c in zip(x, size, label)]
    (tmp_path / "cells.csv").write_text("\n".join(["radius,texture,perimeter,area,size,diagnosis", *rows]) + "\n")
    (tmp_path / "t.toml").write_text(TABLE.replace("SOURCE", str(tmp_path / "cells.csv")))
    result = fokker("run", tmp_path / "t.toml", "--out", tmp_path / "run")
    assert result.returncode == 0, result.stderr
    lines = (tmp_path / "run/synthesise-table.csv").read_text().splitlines()
    assert lines[0] == "radius,texture,perimeter,area,size,diagnosis" and len(lines) == 401
    table = np.array([line.split(",") for line in lines[1:]])
    assert set(table[:, 4]) == {"small", "medium", "large"} and set(table[:, 5]) == {"benign", "malignant"}
    # The text goes with the number that it was made of, as it does not in another row: thirds agree in 1/3 by chance.
    edges = np.quantile(x[:, 0], [1 / 3, 2 / 3])
    third = np.array(["small", "medium", "large"])[np.searchsorted(edges, table[:, 0].astype(float))]
    assert np.mean(third == table[:, 4]) > 0.8 > 0.6 > np.mean(np.roll(third, 57) == table[:, 4])
    assert np.corrcoef(table[:, 0].astype(float), table[:, 3].astype(float))[0, 1] > 0.9
    found = fk.load_run(tmp_path / "run").synthesise(n=100, seeds=2)
    assert found.figures["accuracy_ratio"][0] > 0.9
    assert found.tables["table"].startswith("radius,texture,perimeter,area,size,diagnosis\n")
