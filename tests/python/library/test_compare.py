"""`fokker compare` and fk.compare as a user meets them."""

import json
import re
import signal
import subprocess
import time

import numpy as np
import pytest
import xarray

import fokker as fk

from command import COMMAND, ROOT, datasets, fokker

CONFIG = ROOT / "experiments/compare_samplers.toml"
SMALL = ["n=300", "limit=300", "seeds=2", "nfe=[10,20]", "projections=16"]


def same(a, b):
    a, b = datasets(a), datasets(b)
    assert a.keys() == b.keys() and len(a) > 40
    return all(a[key].tobytes() == b[key].tobytes() if isinstance(a[key], np.ndarray) else a[key] == b[key]
               for key in a if not key.startswith("provenance"))


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    path = tmp_path_factory.mktemp("compare") / "one"
    result = fokker("compare", CONFIG, *SMALL, "--out", path, "--threads", 2)
    assert result.returncode == 0, result.stderr
    return path


def test_a_comparison_leaves_its_files(run):
    assert {"config.toml", "run.json", "log.txt", "results.h5", "work_precision.svg", "report.html"} <= {
        file.name for file in run.iterdir()}
    status = json.loads((run / "run.json").read_text())
    assert status["status"] == "done" and status["cpu"]
    log = (run / "log.txt").read_text()
    assert "At 10 NFE use" in log and "(exact samples)" in log
    page = (run / "report.html").read_text()
    assert page.index("At 10 NFE use") < page.index("<h2>Places") < page.index("<h2>Each budget") < page.index("<h2>Settings")
    assert not re.search(r"https?:", page.replace("http://www.w3.org/2000/svg", ""))


def test_the_number_of_threads_changes_nothing_and_the_seed_does(run, tmp_path):
    assert fokker("compare", CONFIG, *SMALL, "--out", tmp_path / "a", "--threads", 1, "--quiet").returncode == 0
    assert same(run / "results.h5", tmp_path / "a/results.h5")
    assert fokker("compare", CONFIG, *SMALL, "seed=1", "--out", tmp_path / "b", "--quiet").returncode == 0
    assert not same(run / "results.h5", tmp_path / "b/results.h5")
    assert fokker("compare", run / "config.toml", "--out", tmp_path / "c", "--quiet").returncode == 0  # resolved
    assert same(run / "results.h5", tmp_path / "c/results.h5")


@pytest.mark.parametrize("engine", ["netcdf4", "h5netcdf"])
def test_xarray_opens_the_results(run, engine):
    sea = xarray.open_dataset(run / "results.h5", group="compare/sea in SNR", engine=engine)
    assert sea["sliced_w1"].dims == ("budget", "seed") and sea["sliced_w1"].shape == (2, 2)
    assert list(sea["budget"].values) == [10, 20] and np.all(sea["nfe"] <= sea["budget"])
    assert sea.attrs["path_limit"].startswith("the end of the reverse SDE") and np.all(sea["path"] > 0)
    assert np.all(sea["sliced_w1"] > 0) and sea["wall_time"].attrs["units"] == "s"
    floor = xarray.open_dataset(run / "results.h5", group="floor", engine=engine)
    assert floor["sliced_w1"].dims == ("seed",)
    ranking = xarray.open_dataset(run / "results.h5", group="ranking", engine=engine)
    names = ranking.attrs["solvers"].split("\n")
    best = int(np.nanargmin(ranking["mean"].sel(budget=20).values))
    assert ranking["place"].sel(budget=20).values[best] == 1 and "sea in SNR" in names
    own = xarray.open_dataset(run / "results.h5", group="compare/" + names[best], engine=engine)
    assert np.isclose(own["sliced_w1"].sel(budget=20).mean(), ranking["mean"].sel(budget=20).values[best])


@pytest.mark.parametrize("arguments, text", [
    (["solver.1.solver=seo"], "did you mean"),
    (["nfe=[]"], "nfe"),
    (["solver.0.steps=5"], "budgets"),
    (["solver.0.name=heun"], "two entries are called heun"),
    (["nfe=[0,10]"], "nfe"),
    (["solver.0.same_path=true"], "those of the comparison"),
    (["paths=-1"], "paths"),
    (["target.kind=run", "target.run=nowhere"], "fokker run"),
    (["metrics=[\"sliced_w3\"]"], "sliced_w"),
    (["solver.0.eta=0.5"], "ancestral"),
])
def test_wrong_input_is_one_line_and_leaves_nothing(tmp_path, arguments, text):
    result = fokker("compare", CONFIG, *SMALL, *arguments, "--out", tmp_path / "run")
    assert result.returncode == 2 and text in result.stderr and len(result.stderr.splitlines()) == 1
    assert not (tmp_path / "run/results.h5").exists()


def test_an_interrupted_comparison_leaves_no_results(tmp_path):
    path = tmp_path / "run"
    process = subprocess.Popen([COMMAND, "compare", str(CONFIG), "seeds=500", "--out", str(path), "--quiet"])
    while not (path / "log.txt").exists():
        time.sleep(0.01)
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 128 + signal.SIGINT
    assert json.loads((path / "run.json").read_text())["status"] == "stopped"
    assert not (path / "results.h5").exists() and not (path / "report.html").exists()


@pytest.fixture(scope="module")
def comparison():
    mixture = fk.GaussianMixture([[-2.0], [2.0]], [0.3])
    solvers = ["euler_maruyama", {"solver": "sea", "clock": "snr", "grid": "log_snr", "name": "sea"},
               {"solver": "heun", "clock": "log_snr", "grid": "log_snr"}]
    return fk.compare(mixture, fk.VP(), solvers=solvers, nfe=[1, 24], seeds=4, n=50000, limit=500, metrics=["sliced_w1", "energy"])


def test_python_ranks_and_says_so(comparison):
    rows = [row for row in comparison.table if row["budget"] == 24]
    assert [row["rank"] for row in rows] == [1, 2, 3] and rows[-1]["solver"] == "euler_maruyama"
    assert not rows[-1]["within_noise"] and all(row["nfe"] <= 24 for row in rows)
    for row in rows:
        mean, low, high = row["error"]
        assert np.isclose(mean, np.mean(row["sliced_w1"])) and low < mean < high
    assert [row["note"] for row in comparison.table if row["budget"] == 1] == ["needs ≥ 2", "needs ≥ 2", "needs ≥ 3"]
    assert f"At 24 NFE use {rows[0]['solver']}" in comparison.verdict
    assert "24 NFE" in repr(comparison) and "<iframe" in comparison._repr_html_()


def test_python_gives_strong_errors(comparison):
    limits = comparison.limits
    assert "flow" in limits["heun"] and "SNR" in limits["sea"] and "its own" in limits["euler_maruyama"]
    for row in comparison.table:
        if row["budget"] == 24:
            assert len(row["path"]) == 4 and min(row["path"]) > 0
            assert np.isclose(row["intervals"]["path"][0], np.mean(row["path"]))


def test_python_gives_data(comparison, tmp_path):
    data = comparison.to_xarray()
    assert data["sliced_w1"].dims == ("solver", "budget", "seed") and data["sliced_w1"].shape == (3, 2, 4)
    assert np.isnan(data["sliced_w1"].sel(budget=1)).all() and np.isfinite(data["sliced_w1"].sel(budget=24)).all()
    frame = pytest.importorskip("pandas") and comparison.to_dataframe()
    assert {"solver", "budget", "rank", "error", "low", "high", "sliced_w1"} <= set(frame.columns) and len(frame) == 6
    comparison.save(tmp_path / "saved")
    assert {"results.h5", "work_precision.svg", "report.html"} == {file.name for file in (tmp_path / "saved").iterdir()}


def test_python_plots(comparison):
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    axes = comparison.plot(plt.figure().gca())
    assert axes.get_xscale() == "log" and len(axes.containers) == 3
    assert comparison.plot(plt.figure().gca(), metric="path").get_ylabel().endswith("(strong error)")
    with pytest.raises(ValueError, match="no solver has the metric"):
        comparison.plot(metric="mmd")


def test_a_callable_and_an_array_do_as_well():
    """N(0, I) has the score −x under VP at every time; a score that is wrong is farther away."""
    reference = np.random.default_rng(0).normal(size=(4000, 2)).astype("float32")
    settings = dict(solvers=["euler_maruyama"], nfe=[30], seeds=3, n=2000, reference=reference, metrics=["sliced_w1"])
    right = fk.compare(lambda x, t: -x, fk.VP(), **settings).table[0]
    wrong = fk.compare(lambda x, t: -2 * x, fk.VP(), **settings).table[0]
    assert max(right["sliced_w1"]) < 0.5 * min(wrong["sliced_w1"])


def test_python_errors():
    with pytest.raises(ValueError, match="reference"):
        fk.compare(lambda x, t: -x, fk.VP())
    with pytest.raises(ValueError, match="sea"):
        fk.compare(fk.GaussianMixture.ring(), fk.VP(), solvers=["seo"])

    def broken(x, t):
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        fk.compare(broken, fk.VP(), reference=np.zeros((10, 2), "float32"))


def test_each_solver_has_the_grid_of_its_paper_by_default():
    found = fk.compare(fk.GaussianMixture.ring(), fk.VP(), nfe=[10], solvers=["euler_maruyama", "dpmpp_2m"], seeds=4, metrics=["sliced_w1"])
    best, last = found.table
    assert (best["solver"], best["grid"], best["clock"], best["denoise"]) == ("dpmpp_2m", "log_snr", "t", True)
    assert (last["grid"], last["within_noise"]) == ("uniform", False)
    assert "log_snr" in repr(found)
    drawn = fk.sample(fk.GaussianMixture.ring(), fk.VP(), solver="deis_2", n=4, steps=5)
    assert (drawn.config["grid"], drawn.config["denoise"]) == ("quadratic", False) and drawn.nfe == 5
    given = fk.sample(fk.GaussianMixture.ring(), fk.VP(), solver="deis_2", n=4, steps=5, grid="karras", denoise=True)
    assert (given.config["grid"], given.config["clock"]) == ("karras", "t") and given.nfe == 6
