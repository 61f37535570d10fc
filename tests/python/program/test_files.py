"""Hostile and foreign files through the command and from Python: an error with the file's name, no crash, no wait."""

import random
import subprocess

import h5py
import numpy as np
import pytest
from command import ROOT, fokker

import fokker as fk


def refused(*arguments, code=(2, 4)):
    """The message of a command that ends with one of the codes of a refused file."""
    done = fokker(*arguments)
    assert done.returncode in code, (done.returncode, done.stderr)
    return done.stderr


@pytest.fixture
def image_file(tmp_path):
    path = tmp_path / "images.h5"
    with h5py.File(path, "w") as file:
        file["x"] = np.arange(320, dtype="f4").reshape(20, 4, 4, 1)
        file["label"] = np.arange(20) % 2
    return path


def test_flipped_bits_of_hdf5_end_neither_python_nor_the_command(image_file, tmp_path):
    data = image_file.read_bytes()
    dice = random.Random(0)
    bad = tmp_path / "bad.h5"
    refusals = 0
    for _ in range(300):
        changed = bytearray(data)
        changed[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
        bad.write_bytes(changed)
        try:
            fk.datasets.load(f"hdf5:{bad}#x", held_out=0)
        except (ValueError, OSError) as error:
            refusals += 1
            assert "bad.h5" in str(error) or str(error).startswith("[data.")  # the preparation names its key
    assert refusals > 10


def test_hdf5_is_read_while_threads_of_python_run(image_file):
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(4) as pool:
        shapes = list(pool.map(lambda _: fk.datasets.load(f"hdf5:{image_file}#x", held_out=0).training.shape, range(40)))
    assert shapes == [(20, 4, 4, 1)] * 40


def test_files_that_refer_to_others_are_refused(image_file, tmp_path):
    secret = tmp_path / "secret"
    secret.write_bytes(bytes(64))
    layout = h5py.VirtualLayout(shape=(20, 4, 4, 1), dtype="f4")
    layout[:] = h5py.VirtualSource(str(image_file), "x", shape=(20, 4, 4, 1))
    with h5py.File(tmp_path / "bad.h5", "w") as file:
        file["link"] = h5py.ExternalLink(str(image_file), "x")
        file.create_dataset("outside", shape=(16,), dtype="f4", external=[(str(secret), 0, 64)])
        file.create_virtual_dataset("virtual", layout)
    for name in ("link", "outside", "virtual"):
        with pytest.raises(ValueError, match="bad.h5"):
            fk.datasets.load(f"hdf5:{tmp_path / 'bad.h5'}#{name}")
        assert "bad.h5" in refused("data", "describe", f"hdf5:{tmp_path / 'bad.h5'}#{name}")


def test_the_first_samples_of_a_well_packed_file_take_no_more_memory_than_they_are(tmp_path):
    path = tmp_path / "bomb.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("x", shape=(1 << 20, 1 << 10), chunks=(1 << 8, 1 << 10), dtype="f4", compression="gzip")
        file["x"][:512] = 1
    with pytest.raises(ValueError, match="h5repack"):
        fk.datasets.load(f"hdf5:{path}#x")
    assert fk.datasets.load(f"hdf5:{path}#x", n=10, held_out=0, scaling="none").training.shape == (10, 1024)


@pytest.mark.parametrize("source", ["npy:/dev/zero", "idx:/dev/zero", "csv:/dev/zero", "hdf5:/dev/zero#x"])
def test_devices_are_no_data(source):
    assert "expected a regular file" in refused("data", "describe", source)
    with pytest.raises(OSError, match="expected a regular file"):
        fk.datasets.load(source)


def test_a_pipe_is_refused_and_not_waited_for(tmp_path):
    subprocess.run(["mkfifo", tmp_path / "pipe"], check=True)
    assert "expected a regular file" in refused("run", tmp_path / "pipe")


def test_keys_of_many_parts_do_not_overflow_the_stack(tmp_path):
    key = ".".join(["a"] * 15_000)
    config = tmp_path / "config.toml"
    for text in (f"{key} = 1", f"[{key}]", f"[[{key}]]", f"a = {{ {key} = 1 }}", "a = " + "[" * 10_000,
                 ".".join(['"a"'] * 15_000) + " = 1", "a = " + "{a=" * 10_000):
        config.write_text(text)
        assert "config.toml:1: expected" in refused("run", config)
        assert "config.toml" in refused("info", tmp_path)
    digits = ROOT / "experiments/digits.toml"
    assert "at most 32 parts" in refused("run", digits, f"{key}=1")
    assert "deep in one another" in refused("run", digits, "name=" + "[" * 10_000)


def test_a_missing_marker_does_not_make_a_column_of_numbers_categorical(tmp_path):
    path = tmp_path / "table.csv"
    rows = "".join(f"{20 + i if i != 7 else 'NA'},{'red' if i % 2 else 'blue'},{i % 2}\n" for i in range(50))
    path.write_text("\ufeffage,colour,kind\n" + rows, encoding="utf-8")
    described = fokker("data", "describe", f"csv:{path}").stdout
    assert "categories colour (2 texts)" in described
    assert "missing    1 samples" in described
    assert fk.datasets.describe(f"csv:{path}") == described.rstrip("\n")
    data = fk.datasets.load(f"csv:{path}", remove_missing=True, held_out=0, scaling="none")
    assert data.features == ["age", "colour=blue", "colour=red"]
    assert len(data.training) == 49
    assert data.report[0] == "read: categorical columns: colour (2 texts)"
    path.write_text("age,kind\n1,0\n12a,1\n")
    assert "table.csv:3: column age: expected a number" in refused("data", "describe", f"csv:{path}")
    assert fk.datasets.load(f"csv:{path},kind,age", held_out=0).features == ["age=1", "age=12a"]
