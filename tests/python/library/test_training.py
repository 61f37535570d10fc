"""Data, networks and training from Python."""

import numpy as np
import pytest

import fokker as fk


def perturb(net, seed):
    """Networks begin with a last layer of zeros, so that they predict nothing."""
    rng = np.random.default_rng(seed)
    for values in net.parameters.values():
        values += 0.05 * rng.normal(size=values.shape)


def test_digits():
    data = fk.datasets.digits()
    assert data.training.shape == (1437, 8, 8, 1) and data.held_out.shape == (360, 8, 8, 1)
    assert len(data.training_labels) == 1437 and set(data.held_out_labels) == set(range(10))
    assert data.training.min() == -1 and data.training.max() == 1 and data.range == (0, 16)
    back = data.to_data_units(data.training).numpy()
    np.testing.assert_allclose(back, np.round(back), atol=1e-5)
    with pytest.raises(fk.ConfigError, match='did you mean "digits"'):
        fk.datasets.load("digit")
    with pytest.raises(OSError):
        fk.datasets.load("npy:/nowhere.npy")


def test_data_from_an_array():
    x = np.random.default_rng(0).normal(size=(50, 3))
    data = fk.datasets.from_array(x)
    np.testing.assert_array_equal(data.training, x.astype(np.float32))
    assert len(data.held_out) == 0
    halves = fk.datasets.from_array(x, held_out=0.5, labels=[0, 1] * 25)
    assert len(halves.training) == 25 and len(halves.held_out_labels) == 25
    with pytest.raises(fk.ShapeError, match="two axes"):
        fk.datasets.from_array(x[:, 0])
    with pytest.raises(ValueError):
        fk.datasets.from_array(x * np.nan)


def test_network():
    net = fk.UNet(channels=(16, 16), attention=(False, True), seed=1)
    with pytest.raises(fk.ConfigError, match="build"):
        net.parameters
    net.build((8, 8, 1))
    perturb(net, 1)
    x = np.random.default_rng(0).normal(size=(3, 8, 8, 1)).astype(np.float32)
    y = net(x, 100.0).numpy()
    assert y.shape == x.shape and sum(p.size for p in net.parameters.values()) == net.parameter_count
    assert y.any() and np.array_equal(net(x, np.full(3, 100.0)).numpy(), y)
    assert not np.array_equal(net(x, 200.0).numpy(), y)
    other = fk.UNet(channels=(16, 16), attention=(False, True), seed=1)
    other.build((8, 8, 1))
    perturb(other, 1)
    assert np.array_equal(other(x, 100.0).numpy(), y)
    with pytest.raises(fk.ShapeError, match="8, 8, 1"):
        net.build((4, 4, 1))
    with pytest.raises(fk.ConfigError, match="did you mean channels"):
        fk.UNet(chanels=(16,))


def test_weights_are_saved(tmp_path):
    net, other = fk.Mlp(hidden=(16,), seed=0), fk.Mlp(hidden=(16,), seed=1)
    net.build((2,))
    other.build((2,))
    perturb(net, 0)
    x = np.ones((4, 2), np.float32)
    assert not np.array_equal(net(x, 1.0).numpy(), other(x, 1.0).numpy())
    net.save(str(tmp_path / "weights.safetensors"))
    other.load(str(tmp_path / "weights.safetensors"))
    assert np.array_equal(net(x, 1.0).numpy(), other(x, 1.0).numpy())
    with pytest.raises(OSError):
        other.load(str(tmp_path / "missing.safetensors"))


def test_learned_score_of_a_gaussian():
    """The learned law has the data's mean and spread; an untrained network's has not."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(4000, 2)) * [0.5, 0.25] + [1.0, -1.0]
    sde, net = fk.VP(), fk.Mlp(hidden=(64, 64), seed=0)
    net.build((2,))
    untrained = fk.sample(fk.network_score(net, sde), sde, steps=100, n=2000, grid="log_snr").values
    run = fk.train(net, sde, x, steps=1500, batch=256, learning_rate=3e-3, ema=0.99, seed=1)
    assert len(run.loss) == 1500 and np.mean(run.loss[-100:]) < 0.8 * np.mean(run.loss[:20])
    drawn = run.sample(steps=100, n=2000, solver="sra1", grid="log_snr").values
    np.testing.assert_allclose(drawn.mean(0), [1, -1], atol=0.1)
    np.testing.assert_allclose(drawn.std(0), [0.5, 0.25], atol=0.1)
    assert np.abs(untrained.mean(0) - [1, -1]).max() > 0.3


def test_training_repeats_to_the_bit():
    def losses(threads):
        fk.set_thread_count(threads)
        return fk.train(fk.Mlp(hidden=(32,), seed=3), fk.VP(), np.ones((100, 2)), steps=20, batch=64, seed=4).loss

    before = fk.thread_count()
    try:
        assert losses(1) == losses(3)
    finally:
        fk.set_thread_count(before)


def test_training_progress_and_errors():
    seen = []
    net = fk.Mlp(hidden=(8,))
    fk.train(net, fk.VP(), np.ones((10, 2)), steps=5, batch=4, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (5, 5)
    with pytest.raises(fk.ConfigError, match="did you mean steps"):
        fk.train(net, fk.VP(), np.ones((10, 2)), stepz=5)
    with pytest.raises(fk.ShapeError, match=r"\[2\].*\[3\]"):
        fk.train(net, fk.VP(), np.ones((10, 3)), steps=5)
    with pytest.raises(fk.NumericalError):
        fk.train(fk.Mlp(hidden=(8,)), fk.VP(), np.full((10, 2), 1e30), steps=20, batch=4, learning_rate=1e9)


def test_training_curves():
    import matplotlib

    matplotlib.use("Agg")
    data = fk.datasets.from_array(np.random.default_rng(0).normal(size=(300, 2)), held_out=0.2)
    run = fk.train(fk.Mlp(hidden=(16,)), fk.VP(), data, steps=40, batch=50, log_every=10, validate_every=20, clip=0.5)
    assert run.held_out["step"] == [20, 40] and all(0 < loss < 2 for loss in run.held_out["loss"])
    assert len(run.metrics) == 40 and all(row["clipped"] == (row["grad_norm"] > 0.5) for row in run.metrics)
    assert run.noise_levels["step"] == [10, 20, 30, 40]
    assert np.asarray(run.noise_levels["mean"]).shape == (4, 20) and np.sum(run.noise_levels["count"]) == 40 * 50
    assert len({row["operations"] for row in run.metrics}) == 1 and run.metrics[0]["operations"] > 0
    from matplotlib import pyplot

    assert len(run.plot(pyplot.figure().gca()).lines) == 3
    assert len(run.plot_noise_levels(pyplot.figure().gca()).lines) == 4
    with pytest.raises(fk.ConfigError, match="with_ema"):
        fk.train(fk.Mlp(hidden=(16,)), fk.VP(), data, steps=2, ema_lengths=[0.1])


def test_a_notebook_shows_a_run_without_files_in_a_few_lines_and_a_picture():
    """It once printed every step's loss."""
    pytest.importorskip("matplotlib")
    data = fk.datasets.digits(n=200)
    run = fk.train(fk.Mlp(hidden=(16,)), fk.VP(), data, steps=150, batch=16)
    text, page = repr(run), run._repr_html_()
    assert text.count("\n") <= 3 and len(text) < 500, text
    assert "mlp(hidden=[16])" in text and "VP(beta_min=0.1, beta_max=20.0)" in text and "150 steps" in text
    assert page.startswith("<pre>") and page.count("data:image/png") == 1 and len(page) < 200_000
    samples = run.sample(steps=2, n=4)
    assert samples.range == (0, 16) and samples._repr_html_().count("data:image/png") == 1
    points = fk.sample(fk.GaussianMixture.ring(), fk.VP(), steps=5, n=50)
    assert points._repr_html_().count("data:image/png") == 1
    wide = fk.sample(lambda x, t: -x, fk.VP(), steps=2, n=3, shape=(5,))
    assert wide._repr_html_() == f"<pre>{wide!r}</pre>"
    assert len(repr(fk.solve_ode(lambda x, t: -x, np.ones((1000, 3)), 0, 1, frames=[0.5]))) < 100
