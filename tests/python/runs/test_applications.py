"""Images of a class, image to image and translation: command, files and Python agree, and wrong input is one clear line."""

import h5py
import matplotlib.image
import numpy as np
import pytest

import fokker as fk
from command import fokker

CONFIG = """
name = "conditional"
[data]
source = "styles"
n = 1000
[network]
channels = [16]
attention = [false]
layers_per_block = 1
classes = 5
label_dropout = 0.2
[train]
prediction = "v"
steps = 60
batch = 64
learning_rate = 4e-3
[[sample]]
solver = "dpmpp_2m"
grid = "log_snr"
steps = 6
n = 40
labels = [0, 4]
guidance = { strength = 1.5 }
[[edit]]
solver = "ddim"
steps = 5
n = 6
strengths = [0, 0.4, 1]
labels = [2]
[[translate]]
to = 4
n = 4
flow = { steps = 6, clock = "log_snr" }
[evaluate]
metrics = ["frechet"]
classifier_steps = 50
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("conditional")
    (folder / "c.toml").write_text(CONFIG)
    result = fokker("run", folder / "c.toml", "--out", folder / "run")
    assert result.returncode == 0, result.stderr
    return folder / "run"


def test_an_input_of_which_little_is_hidden_keeps_its_class(run):
    figures = fk.load_run(run).inpaint(n=40, samples=3, mask="random(0.03)", sampler={"steps": 6}).figures
    truth, kept = figures["class_of_truth"][0], figures["class_kept"]
    assert truth > 0.8 and kept[0] > truth - 0.1                  # by chance it would be 0.2
    assert 0 <= kept[1] <= kept[0] <= kept[2] <= 1


def test_a_run_keeps_what_its_applications_found(run):
    with h5py.File(run / "results.h5") as file:
        edit = file["applications/edit"]
        assert edit["edited"].shape == (3, 6, 8, 8, 1)
        assert np.array_equal(edit["edited"][0], edit["input"])  # strength 0, to the bit
        kept = edit["figures/class_kept_0.4"]
        assert kept.attrs["low"] <= kept[()] <= kept.attrs["high"]
        assert {"distance_round_trip", "distance_translated", "distance_copy", "nearer"} <= set(
            file["applications/translate/figures"])
        assert 0 <= file["evaluation/dpmpp_2m/label_accuracy"][()] <= 1
    page = (run / "report.html").read_text()
    assert "class_kept_0.4" in page and "distance_copy" in page and page.count("data:image/png") == 2
    assert (run / "edit-strengths.png").exists() and (run / "translate-rows.png").exists()


def test_strength_one_does_not_depend_on_the_input(run):
    trained = fk.load_run(run)
    rng = np.random.default_rng(0)
    a, b = rng.uniform(0, 16, (2, 3, 8, 8, 1)).astype("float32")
    found = [trained.edit(x, solver="ddim", steps=5, strengths=[0.6, 1], labels=[2])["edited"] for x in (a, b)]
    assert np.array_equal(found[0][1], found[1][1])
    assert not np.array_equal(found[0][0], found[1][0])  # below 1 it does
    drawn = trained.sample(solver="ddim", steps=5, n=3, label=2)
    assert np.allclose(drawn.values, found[0][1], atol=1e-4)  # and it is a sample like any other


def test_python_command_and_file_give_the_same(run):
    trained = fk.load_run(run)
    with h5py.File(run / "results.h5") as file:
        edited, sampled = file["applications/edit/edited"][()], file["samples/dpmpp_2m/image"][()]
        translated = file["applications/translate/translated"][()]
    same = trained.edit(solver="ddim", steps=5, n=6, strengths=[0, 0.4, 1], labels=[2])
    assert np.array_equal(same["edited"], edited)
    assert "class_kept_0.4" in repr(same) and same.pictures["strengths"].startswith(b"\x89PNG")
    again = trained.sample(solver="dpmpp_2m", grid="log_snr", steps=6, n=40, label=[0, 4], guidance=1.5)
    assert np.array_equal(again.values, sampled)
    assert sampled.min() < 0 and np.allclose(again.grid()[:8, :8], np.clip(sampled[0] / 16, 0, 1))
    assert np.array_equal(trained.translate(to=4, n=4, flow={"steps": 6, "clock": "log_snr"})["translated"], translated)


USES = [("edit", "images", {"strengths": [0.5], "steps": 3}), ("inpaint", "images", {"sampler": {"steps": 3}}),
        ("translate", "images", {"to": 4, "flow": {"steps": 3}}), ("denoise", "x", {}), ("detect", "x", {})]


@pytest.mark.parametrize("name, argument, keywords", USES)
def test_an_application_names_an_input_that_it_cannot_take(run, name, argument, keywords):
    use = getattr(fk.load_run(run), name)
    good = np.random.default_rng(3).uniform(0, 16, (3, 8, 8, 1)).astype("float32")

    def changed(value):
        x = good.copy()
        x[1, 2, 3, 0] = value
        return x

    outside = rf"\[{argument}\] sample \d: expected values in the range of the run's data, \[0, 16\]"
    for x, error, message in [
        (good * 100, fk.ConfigError, outside),
        (changed(-500), fk.ConfigError, outside.replace(r"\d", "1")),
        (changed(np.nan), fk.ConfigError, rf"\[{argument}\] sample 1: expected finite values .*\[0, 16\], got nan"),
        (changed(-np.inf), fk.ConfigError, rf"\[{argument}\] sample 1: expected finite values"),
        (good.astype("float64") * 1e300, fk.ConfigError, rf"\[{argument}\] sample 0: expected finite values"),
        (good[:0], fk.ShapeError, rf"\[{argument}\] expected samples \[N\] \+ \[8, 8, 1\]"),
        (good[0], fk.ShapeError, rf"\[{argument}\] expected samples"),
        (good[..., 0], fk.ShapeError, rf"\[{argument}\] expected samples"),
        (np.array(3.0), fk.ShapeError, rf"\[{argument}\] expected samples"),
    ]:
        with pytest.raises(error, match=message):
            use(x, **keywords)


def test_an_input_may_leave_the_range_by_its_width_and_noise_by_more(run):
    trained = fk.load_run(run)
    x = np.random.default_rng(3).uniform(0, 16, (2, 8, 8, 1)).astype("float32")
    x[0, 0, 0, 0] = 31.9
    trained.inpaint(x, samples=1, sampler={"steps": 2})
    x[0, 0, 0, 0] = 32.1
    with pytest.raises(fk.ConfigError, match="at most 16 outside"):
        trained.inpaint(x, samples=1, sampler={"steps": 2})
    trained.denoise(x)
    x[0, 0, 0, 0] = 16 + 161
    with pytest.raises(fk.ConfigError, match="at most 160 outside"):
        trained.denoise(x)


def test_what_takes_no_input_says_so(run, tmp_path):
    write_png(tmp_path / "a.png", np.zeros((8, 8), "uint8"))
    for name, *settings in (["synthesise"], ["captions"], ["guidance_sweep", "labels=[1]"]):
        result = fokker(name, run, *settings, "--image", tmp_path / "a.png", "--out", tmp_path / "out")
        assert result.returncode == 2 and f"[{name}]" in result.stderr and "input" in result.stderr, result.stderr


def test_samples_in_memory_follow_labels_and_guidance(run):
    trained = fk.load_run(run)
    conditional = trained.conditional_score([1, 3])
    guided = fk.guide(conditional, trained.score, trained.sde, strength=2)
    x = np.random.default_rng(1).normal(size=(2, 8, 8, 1)).astype("float32")
    u, c, g = (np.asarray(s(x, 0.5).numpy()) for s in (trained.score, conditional, guided))
    assert np.allclose(g, 2 * c - u, atol=1e-4) and not np.allclose(c, u, atol=1e-3)
    swapped = trained.conditional_score([3, 1])(x[::-1].copy(), 0.5).numpy()
    assert np.allclose(swapped[::-1], c, atol=1e-5)


def test_generate_writes_png_that_other_programs_read(run, tmp_path):
    result = fokker("generate", run, "--label", "2", "--n", 3, "--steps", 4, "--guidance", 2, "--seed", 1, "solver=ddim",
                    "--out", tmp_path / "images")
    assert result.returncode == 0, result.stderr
    files = sorted((tmp_path / "images").iterdir())
    assert [f.name for f in files] == ["00000.png", "00001.png", "00002.png"]
    image = matplotlib.image.imread(files[1])
    values = fk.load_run(run).sample(solver="ddim", steps=4, n=3, label=2, guidance=2, seed=1).values
    assert np.allclose(image[..., 0] if image.ndim == 3 else image, np.clip(values[1, ..., 0] / 16, 0, 1), atol=0.003)
    assert fokker("generate", run, "--n", 4, "steps=2", "--out", tmp_path / "grid.png").returncode == 0
    assert (tmp_path / "grid.png").exists()
    # A generated image goes in again.
    result = fokker("edit", run, "--image", files[0], "strengths=[0]", "--out", tmp_path / "edited")
    assert result.returncode == 0, result.stderr
    with h5py.File(tmp_path / "edited/results.h5") as file:
        assert np.allclose(file["applications/edit/edited"][0, 0, ..., 0] / 16, np.clip(values[0, ..., 0] / 16, 0, 1), atol=0.003)


@pytest.mark.parametrize("arguments, code, words", [
    (["generate", "--label", "12"], 2, "expected labels from 0 to 4, got 12"),
    (["generate", "--guidance", "3", "labels=[]"], 2, "needs something to guide towards"),
    (["edit", "strengths=[2]"], 2, "strengths"),
    (["edit", "labels=[9]", "n=2"], 2, "expected labels from 0 to 4, got 9"),
    (["edit", "solver=probability_flow"], 2, "chooses its own steps"),
    (["translate", "from=7"], 2, "expected labels from 0 to 4, got 7"),
    (["translate", "decoder=/nowhere"], 4, "/nowhere"),
    (["edit", "--image", "WRONG_SIZE"], 2, "expected an image [8, 8, 1]"),
    (["edit", "--image", "RGB"], 2, "expected an image [8, 8, 1]"),
    (["edit", "--image", "TEXT"], 4, "expected a PNG file"),
    (["edit", "--image", "CLEAR"], 4, "without transparency"),
    (["inpaint", "mask=CLEAR"], 4, "without transparency"),
    (["edit", "--image", "/nowhere.png"], 4, "/nowhere.png"),
])
def test_wrong_input_is_one_line_and_leaves_nothing(run, tmp_path, arguments, code, words):
    write_png(tmp_path / "grey9.png", np.zeros((9, 8), "uint8"))
    write_png(tmp_path / "rgb.png", np.zeros((8, 8, 3), "uint8"))
    (tmp_path / "text.png").write_text("no picture")
    write_png(tmp_path / "clear.png", np.full((8, 8, 4), 200, "uint8"))
    files = {"WRONG_SIZE": tmp_path / "grey9.png", "RGB": tmp_path / "rgb.png", "TEXT": tmp_path / "text.png",
             "CLEAR": tmp_path / "clear.png", "mask=CLEAR": f"mask={tmp_path / 'clear.png'}"}
    command, *rest = [files.get(a, a) for a in arguments]
    result = fokker(command, run, *rest, "--out", tmp_path / "out")
    assert result.returncode == code, (result.stdout, result.stderr)
    assert words in result.stderr and result.stderr.count("\n") == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("table, words", [
    ("[[edit]]\nname = 'other'\nlabels = [9]", "edit: [labels] expected labels from 0 to 4, got 9"),
    ("[[translate]]\nname = 'other'\nfrom = 9", "translate: [translate.from] expected labels from 0 to 4, got 9"),
    ("[[inpaint]]\nmask = 'nothing'", 'inpaint: [mask] unknown "nothing"; expected one of'),
    ("[[inpaint]]\noperator = 'super_resolution'\nfactor = 3", "inpaint: "),
    ("[[detect]]\nfalse_alarm = 0.001", "detect: [detect.false_alarm] a rate of 0.001 takes 999 held-out"),
    ("[[captions]]\nn = 3", "captions: [captions] the network takes no captions"),
    ("[[synthesise]]\nbalance = true", "synthesise: [synthesise.balance] every class has"),
    ("[[edit]]", "two applications are called edit"),
])
def test_an_application_that_cannot_work_ends_the_run_before_its_training(tmp_path, table, words):
    (tmp_path / "c.toml").write_text(CONFIG + table)
    result = fokker("run", tmp_path / "c.toml", "--out", tmp_path / "run")
    assert result.returncode == 2 and words in result.stderr, result.stderr
    assert result.stderr.count("\n") == 1 and not (tmp_path / "run").exists()


def test_whitened_anomalies_need_samples_for_a_covariance(tmp_path):
    (tmp_path / "c.toml").write_text(CONFIG.replace("n = 1000", "n = 100") + "[[detect]]\nmethod = 'whitened'\n")
    result = fokker("run", tmp_path / "c.toml", "--out", tmp_path / "run")
    assert result.returncode == 2 and "expected at least 128 training samples" in result.stderr, result.stderr
    assert not (tmp_path / "run").exists()


def test_samples_are_refined_by_a_discriminator_that_the_run_trains(tmp_path):
    # A score that is trained too little; the weight tells how far the discriminator pulls.
    config = """
[data]
source = "two_moons"
n = 1000
[network]
kind = "mlp"
hidden = [32]
time_dimension = 16
[train]
steps = 60
batch = 128
learning_rate = 3e-3
[evaluate]
metrics = ["energy"]
"""
    for name, refine in (("plain", ""), ("zero", "refine = {weight = 0}"),
                         ("refined", "refine = {weight = 1, samples = 1000, steps = 300, batch = 128}")):
        config += f'[[sample]]\nname = "{name}"\nsolver = "heun"\ngrid = "log_snr"\nsteps = 20\nn = 1000\n{refine}\n'
    (tmp_path / "c.toml").write_text(config)
    result = fokker("run", tmp_path / "c.toml", "--out", tmp_path / "run")
    assert result.returncode == 0, result.stderr
    with h5py.File(tmp_path / "run/results.h5") as file:
        samples = {name: file[f"samples/{name}/x"][()] for name in ("plain", "zero", "refined")}
        energy = {name: file[f"evaluation/{name}/energy"][()] for name in samples}
    assert np.array_equal(samples["plain"], samples["zero"])
    assert energy["refined"] < 0.7 * energy["plain"], energy


def test_a_model_without_labels_says_so(tmp_path):
    (tmp_path / "c.toml").write_text(CONFIG.split("[[sample]]")[0].replace("classes = 5\nlabel_dropout = 0.2\n", "")
                                     .replace("steps = 60", "steps = 2"))
    assert fokker("train", tmp_path / "c.toml", "--out", tmp_path / "run").returncode == 0
    result = fokker("generate", tmp_path / "run", "--label", 1)
    assert result.returncode == 2 and "the network takes no labels" in result.stderr


def write_png(path, image):
    """8-bit grey [h, w], colour [h, w, 3] or with transparency [h, w, 4], by zlib alone."""
    import struct
    import zlib

    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    height, width = image.shape[:2]
    header = struct.pack(">IIBBBBB", width, height, 8, {2: 0, 3: 2, 4: 6}[image.shape[2] if image.ndim == 3 else 2], 0, 0, 0)
    rows = b"".join(b"\0" + image[y].tobytes() for y in range(height))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def test_every_application_is_a_method_of_a_run():
    listed = fokker("list", "applications").stdout.split("\n")
    names = [line.split()[0] for line in listed if line.strip()]
    assert "synthesise" in names
    for name in names:
        assert callable(getattr(fk.Run, name)), name


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
