"""One class for whatever is trained: fk.train returns what fk.load_run returns, with files behind it or without."""

import json
import pickle
import re

import numpy as np
import pytest

import fokker as fk

TRAINING = {"steps": 60, "batch": 32, "learning_rate": 4e-3, "prediction": "v"}
SMALL = {"channels": (16,), "attention": (False,), "layers_per_block": 1, "classes": 10, "label_dropout": 0.2}
FAST = {"metrics": ["sliced_w2", "frechet"], "classifier_steps": 20}


@pytest.fixture(scope="module")
def data():
    return fk.datasets.digits(n=600)


@pytest.fixture(scope="module")
def run(data):
    """A run without files, of a network that takes labels."""
    return fk.train(fk.UNet(**SMALL, seed=0), fk.VP(), data, **TRAINING)


@pytest.fixture(scope="module")
def filed(tmp_path_factory):
    """The same experiment from a file."""
    path = tmp_path_factory.mktemp("filed") / "filed.toml"
    path.write_text(
        'name = "digits"\n[data]\nsource = "digits"\nn = 600\n[network]\nchannels = [16]\nattention = [false]\n'
        "layers_per_block = 1\nclasses = 10\nlabel_dropout = 0.2\n[train]\n"
        'steps = 60\nbatch = 32\nlearning_rate = 4e-3\nprediction = "v"\n'
        '[evaluate]\nmetrics = ["sliced_w2", "frechet"]\nclassifier_steps = 20\n'
    )
    return fk.run(path, out=path.parent / "run")


def test_what_a_newcomer_writes(data):
    network = fk.UNet(channels=(16,), attention=(False,), layers_per_block=1, seed=0)
    run = fk.train(network, fk.VP(), data, steps=20, batch=16, learning_rate=2e-3)
    assert type(run) is fk.Run and run.path is None
    x = run.sample(solver="sra1", clock="snr", grid="log_snr", steps=3, n=4, seed=0)
    assert x.values.shape == (4, 8, 8, 1) and x.range == (0, 16)
    images = run.data.to_data_units(run.data.held_out[:2]).numpy()
    filled = run.inpaint(images, mask="right_half", samples=2, sampler={"steps": 3})
    assert filled["samples"].shape[-3:] == (8, 8, 1) and filled.pictures
    found = run.detect(draws=1)
    assert found.figures and "Findings" in repr(found)


def test_the_training_of_a_file_and_that_of_a_function_are_one(run, filed):
    assert type(run) is type(filed)
    ours, theirs = run.network.parameters, filed.network.parameters
    assert ours.keys() == theirs.keys() and all(np.array_equal(ours[name], theirs[name]) for name in ours)
    assert run.loss == filed.loss and run.held_out == filed.held_out and run.sde == filed.sde
    for ours, theirs in zip(run.metrics, filed.metrics, strict=True):
        assert {**ours, "wall_time": 0} == {**theirs, "wall_time": 0}
    np.testing.assert_array_equal(run.noise_levels["mean"], filed.noise_levels["mean"])
    assert run.held_out_loss() == filed.held_out_loss()


def test_the_config_of_both_says_the_same(run, filed):
    ours, theirs = run.config, filed.config
    assert ours.keys() == theirs.keys()
    assert {key for key in ours if ours[key] != theirs[key]} == {"evaluate"}  # which the file sets


USES = [
    ("sample", lambda run, x: run.sample(solver="ddim", steps=4, n=3, seed=1).values),
    ("labels", lambda run, x: run.sample(solver="ddim", steps=4, n=3, label=[2, 7], guidance=2).values),
    ("trajectory", lambda run, x: run.sample(solver="ddim", steps=4, n=3, trajectory=3).trajectory),
    ("score", lambda run, x: run.score(np.ones((2, 8, 8, 1), "f4"), 0.5).numpy()),
    ("conditional_score", lambda run, x: run.conditional_score([3, 5])(np.ones((2, 8, 8, 1), "f4"), 0.5).numpy()),
    ("evaluate", lambda run, x: run.evaluate(x.repeat(12, 0), **FAST)["frechet"]),
    ("log_likelihood", lambda run, x: run.log_likelihood(n=2, tolerance=1e-2).log_density),
    ("bits_per_dimension",
     lambda run, x: run.bits_per_dimension(n=2, bounds=["discrete"], discrete={"steps": 4})[0].bits),
    ("edit", lambda run, x: run.edit(x, solver="ddim", steps=4, strengths=[0.5], labels=[2])["edited"]),
    ("translate", lambda run, x: run.translate(x, to=4, flow={"steps": 3})["translated"]),
    ("inpaint", lambda run, x: run.inpaint(x, mask="right_half", samples=2, sampler={"steps": 4})["samples"]),
    ("denoise", lambda run, x: run.denoise(x, noise=0.3)["mean"]),
    ("detect", lambda run, x: run.detect(x, draws=1)["input/score"]),
    ("synthesise", lambda run, x: run.synthesise(seeds=1, n=20, sampler={"steps": 3})["x"]),
    ("guidance_sweep",
     lambda run, x: run.guidance_sweep(strengths=[1, 2], labels=[1], n=20, steps=3, solver="ddim")["samples"]),
]


@pytest.mark.parametrize("use", [use for _, use in USES], ids=[name for name, _ in USES])
def test_a_run_without_files_does_what_one_with_files_does(run, filed, use):
    x = np.random.default_rng(5).integers(0, 17, (4, 8, 8, 1)).astype("float32")
    np.testing.assert_array_equal(use(run, x), use(filed, x))


def test_the_figure_says_its_unit(run, filed):
    x = run.sample(solver="ddim", steps=2, n=40).values
    found = [each.evaluate(x, **FAST) for each in (run, filed)]
    assert found[0] == found[1] and found[0].features == found[1].features
    assert found[0].features.keys() == {"frechet"} and "classifier" in found[0].features["frechet"]
    value, real = found[0]["frechet"]
    assert value > real > 0
    text = repr(found[0])
    assert "real" in text and f"frechet: by the {found[0].features['frechet']}" in text and text.count("\n") == 3
    assert pickle.loads(pickle.dumps(found[0])).features == found[0].features


def test_what_needs_files_says_what_to_do(run, tmp_path):
    for use in (lambda: run.with_ema(0.9), lambda: run.with_ema(length=0.1), lambda: run.samples("ddim"),
                lambda: run.to_xarray("ddim"), lambda: fk.resume(run), lambda: fk.load_run(run)):
        with pytest.raises(fk.ConfigError, match=r"has no files.*fk\.run\("):
            use()
    assert run.sample_names == []
    with pytest.raises(TypeError, match="run.network"):
        pickle.dumps(run)
    with pytest.raises(AttributeError):
        fk.Training


def test_a_run_with_files_is_pickled_and_given_where_its_folder_is(filed):
    again = pickle.loads(pickle.dumps(filed.with_ema(filed.config["train"]["ema"])))
    assert again.path == filed.path and again.loss == filed.loss
    assert fk.load_run(filed).path == filed.path


def test_the_config_names_the_sde(tmp_path):
    """A shifted schedule, which no class of Python makes, has a name alone, and is trained under all the same."""
    path = tmp_path / "shifted.toml"
    path.write_text('[data]\nsource = "two_moons"\nn = 200\n[sde]\nshift = 2\n[network]\nkind = "mlp"\n'
                    "hidden = [8]\n[train]\nsteps = 2\nbatch = 8\n")
    sde = fk.run(path, out=tmp_path / "run").sde
    trained = fk.train(fk.Mlp(hidden=(8,)), sde, np.random.default_rng(0).normal(size=(50, 2)), steps=3, batch=8)
    assert trained.config["sde"] == {"kind": sde.name} and trained.sde.name == sde.name
    assert trained.sample(steps=3, n=5).values.shape == (5, 2)
    kinds = {"vp": fk.VP(0.2, 10), "sub_vp": fk.SubVP(0.2, 10), "ve": fk.VE(0.1, 5), "edm": fk.EDM(0.1, 5),
             "cosine": fk.Cosine(), "flow": fk.RectifiedFlow(), "trigonometric_flow": fk.TrigonometricFlow()}
    for kind, sde in kinds.items():
        config = fk.train(fk.Mlp(hidden=(8,)), sde, np.ones((20, 2)), steps=1, batch=4).config["sde"]
        assert config["kind"] == kind
        assert not sde.parameters or list(sde.parameters.values()) in (config["beta"], config["sigma"])


def test_arrays_of_the_caller():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 2)) * [0.5, 0.25] + [1, -1]
    run = fk.train(fk.Mlp(hidden=(16,)), fk.VP(), x, steps=20, batch=32, seed=3)
    assert run.config["data"]["source"] == "array" and run.config["seed"] == 3 and run.config["name"] == "array"
    assert run.config["train"]["steps"] == 20 and run.config["network"]["hidden"] == [16]
    assert run.denoise(x[:5].astype("f4"), noise=0.1)["mean"].shape == (5, 2)
    for use in (lambda: run.detect(), lambda: run.denoise(), lambda: run.held_out_loss(), lambda: run.log_likelihood()):
        with pytest.raises(fk.ConfigError, match="held"):
            use()
    pixels = rng.integers(0, 256, (64, 8, 8, 1))
    images = fk.datasets.from_array(pixels, held_out=0.25, scaling="range", augment=["flip"])
    run = fk.train(fk.UNet(channels=(8,), attention=(False,)), fk.VP(), images, steps=2, batch=8, augment=["shift(1)"])
    assert run.sample(steps=2, n=2).range == (0, 255) and run.config["data"]["augment"] == ["shift(1)"]
    assert run.config["data"]["held_out"] == 0.25


def test_networks_are_made_to_fit_their_objective():
    """Networks that predict two figures for each channel, or take captions, once had to be told so."""
    data = fk.datasets.digits(n=64)
    network = fk.UNet(channels=(8,), attention=(False,), layers_per_block=1)
    run = fk.train(network, fk.VP(), data, objective="hybrid", levels=8, steps=2, batch=8)
    assert run.network.config["out_channels"] == 2 and run.sample(steps=2, n=2).values.shape == (2, 8, 8, 1)
    again = pickle.loads(pickle.dumps(run.network))
    assert again.parameter_count == run.network.parameter_count
    scenes = fk.datasets.load("scenes", n=64)
    network = fk.UNet(channels=(8, 8), attention=(False, False), layers_per_block=1, text_width=8, label_dropout=0.2)
    run = fk.train(network, fk.VP(), scenes, steps=2, batch=8)
    assert run.sample(steps=2, n=2, prompts=["a two"]).values.shape[0] == 2


def test_a_network_that_is_no_score():
    x = np.linspace(0, 1, 40)[:, None]
    data = fk.datasets.from_array(x, target=2 * x)
    run = fk.train(fk.FeedForward(hidden=(8,)), fk.VP(), data, objective="regression", steps=3, batch=8)
    assert run.score is None
    with pytest.raises(fk.ConfigError, match="regression"):
        run.sample(n=2)


def test_curves_and_plots_are_those_of_both(run, filed):
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    from matplotlib import pyplot

    for each in (run, filed):
        assert [row["step"] for row in each.metrics] == list(range(1, 61))
        assert each.loss == [row["train_loss"] for row in each.metrics]
        assert each.held_out["step"] == each.noise_levels["step"] == list(range(3, 61, 3))
        assert each.noise_levels["mean"].shape == (20, 20) and each.noise_levels["count"].sum() == 60 * 32
        assert len(each.plot(pyplot.figure().gca()).lines) == 3
        assert len(each.plot_noise_levels(pyplot.figure().gca()).lines) == 20
        text, page = repr(each), each._repr_html_()
        assert text.startswith("Run(") and text.count("\n") <= 2 and len(text) < 500
        assert page.startswith("<pre>Run(") and page.count("data:image/png") == 1
    assert "60 steps" in repr(run) and "VP(" in repr(run)
    assert json.dumps(run.metrics) and re.search(r"held out 0\.\d+ after step 60", repr(run))
