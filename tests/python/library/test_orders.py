"""`fokker orders` and fk.orders as a user meets them."""

import subprocess

import numpy as np
import pytest
import xarray

import fokker as fk

from command import COMMAND


def fokker(*arguments):
    return subprocess.run([COMMAND, "orders", *map(str, arguments)], capture_output=True, text=True, timeout=300)


@pytest.fixture(scope="module")
def table():
    """Of all solvers on few paths."""
    return fk.orders(paths=200)


def test_every_stepper_is_measured_on_strong_and_weak_problems(table):
    for name in fk.solvers.steppers():
        assert {row["order"] for row in table if row["solver"] == name} == {"strong", "weak"}, name
    assert {"additive", "diagonal", "scalar", "general"} < {row["noise"] for row in table}
    assert {row["order"] for row in table if row["solver"] == "dpmpp_2m_sde"} == {"flow", "strong", "weak"}
    assert not [row for row in table if row["verdict"] == "lower"]
    for row in table:
        assert row["measured"] > row["declared"] - 0.1 - row["half_width"], row
        assert (row["half_width"] == 0) == (row["order"] == "weak"), row


def test_the_command_says_the_same_on_any_number_of_threads(tmp_path):
    names, file = ["sea", "milstein", "ddim"], tmp_path / "orders.h5"
    table = fk.orders(names, paths=260, seed=5)  # two shards
    result = fokker(*names, "--paths", 260, "--seed", 5, "--threads", 1, "--out", file)
    assert result.returncode == 0 and result.stderr == "", result.stderr
    assert result.stdout.splitlines()[:-1] == repr(table).splitlines()
    data = xarray.open_dataset(file, group="orders")
    assert data["measured"].dims == ("row",)
    for key in ("declared", "measured", "half_width", "evaluations"):
        assert np.array_equal(data[key].values, [row[key] for row in table]), key
    assert data.attrs["solver"].split("\n") == [row["solver"] for row in table]
    assert data.attrs["verdict"].split("\n") == [row["verdict"] for row in table]
    other = fk.orders("sea", paths=260, seed=6)
    assert [row["measured"] for row in other] != [row["measured"] for row in table if row["solver"] == "sea"]


def test_an_interval_too_wide_is_said_to_be():
    result = fokker("euler_maruyama", "--paths", 30)
    assert result.returncode == 0, result.stderr
    assert "undecided" in result.stdout and "take more paths" in result.stdout


def test_the_table_in_a_notebook(table):
    page = table._repr_html_()
    assert page.count("<tr>") == len(table) + 1 and "sra1" in page
    assert list(table.to_dataframe().columns) == list(table[0])


@pytest.mark.parametrize("name, words", [("sra4", ['did you mean "sra']), ("heun", ["no stepper", "stochastic_heun"])])
def test_a_wrong_name_is_an_error(name, words):
    result = fokker(name)
    assert result.returncode == 2 and result.stdout == ""
    assert all(word in result.stderr for word in words), result.stderr
    with pytest.raises(fk.ConfigError, match=words[0]):
        fk.orders([name])


@pytest.mark.parametrize("arguments", [["--paths", 29], ["--paths", "many"], ["sra1", "--out", "/dev/null/orders.h5"]])
def test_wrong_arguments_are_errors(arguments):
    small = ["--paths", 30] if "--paths" not in arguments else []
    result = fokker(*arguments, *small)
    assert result.returncode == (4 if "--out" in arguments else 2) and result.stderr
