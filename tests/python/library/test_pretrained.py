"""Weights from files and to diffusers' folders, and labels, without a peer."""

import json
import struct

import numpy as np
import pytest
from networks import SMALL, perturbed

import fokker as fk


def rewritten(path, change):
    """The header of a safetensors file, changed in place."""
    content = path.read_bytes()
    (size,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + size])
    change(header)
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + content[8 + size :])


def test_weights_that_do_not_fit_are_named(tmp_path):
    network = fk.UNet(channels=(8, 16), layers_per_block=1, groups=4)
    network.build((8, 8, 1))
    path = tmp_path / "diffusion_pytorch_model.safetensors"

    def refusal(error, change):
        fk.to_diffusers(network, tmp_path)
        rewritten(path, change)
        with pytest.raises(error) as raised:
            fk.from_diffusers(tmp_path)
        return str(raised.value)

    bias = "conv_out.bias"
    assert "conv_out.offset" in refusal(fk.ConfigError, lambda h: h.update({"conv_out.offset": h.pop(bias)}))
    reshaped = refusal(fk.ShapeError, lambda h: h["conv_in.weight"].update(shape=[8, 1, 9, 1]))
    assert "conv_in.weight" in reshaped and "[8, 1, 9, 1]" in reshaped
    wider = fk.UNet(channels=(8, 16), layers_per_block=1, groups=4, classes=3)
    wider.build((8, 8, 1))
    fk.to_diffusers(network, tmp_path)
    with pytest.raises(fk.ConfigError, match="no value for parameter class_embedding.weight"):
        wider.load(str(path))


def in_double(path, scale=1.0):
    """The file with its weights, times `scale`, in float64."""
    content = path.read_bytes()
    (size,) = struct.unpack("<Q", content[:8])
    header, data, end = json.loads(content[8 : 8 + size]), b"", 0
    for name, entry in header.items():
        if name != "__metadata__":
            begin, stop = entry["data_offsets"]
            values = np.frombuffer(content[8 + size + begin : 8 + size + stop], "<f4").astype("<f8") * scale
            entry.update(dtype="F64", data_offsets=[end, end + values.nbytes])
            data, end = data + values.tobytes(), end + values.nbytes
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def test_weights_in_double_precision_are_rounded(tmp_path):
    network = fk.UNet(channels=(8, 16), layers_per_block=1, groups=4)
    network.build((8, 8, 1))
    path = tmp_path / "diffusion_pytorch_model.safetensors"
    fk.to_diffusers(perturbed(network, 0), tmp_path)
    in_double(path, scale=1 + 2e-8)  # less than half a unit in the last place of float32
    again = fk.from_diffusers(tmp_path)
    for name, values in network.parameters.items():
        assert again.parameters[name].dtype == np.float32
        np.testing.assert_array_equal(again.parameters[name], values)
    fk.to_diffusers(network, tmp_path)
    in_double(path, scale=1e200)
    with pytest.raises(fk.ConfigError, match="finite values of at most 3.4e38"):
        fk.from_diffusers(tmp_path)


def test_names_of_old_models_are_understood(tmp_path):
    network = fk.UNet(channels=(8, 16), layers_per_block=1, groups=4)
    network.build((8, 8, 1))
    fk.to_diffusers(perturbed(network, 0), tmp_path)
    old = {"to_q": "query", "to_k": "key", "to_v": "value", "to_out.0": "proj_attn"}

    def change(header):
        for layer, before in old.items():
            for name in [name for name in header if f".{layer}." in name]:
                header[name.replace(layer, before)] = header.pop(name)
        assert "mid_block.attentions.0.proj_attn.bias" in header

    rewritten(tmp_path / "diffusion_pytorch_model.safetensors", change)
    again = fk.from_diffusers(tmp_path)
    for name, values in network.parameters.items():
        np.testing.assert_array_equal(again.parameters[name], values)


def test_options_that_the_other_side_does_not_have_are_refused(tmp_path):
    network = fk.UNet(channels=(8, 16), groups=4, downsample="fir")
    network.build((8, 8, 1))
    with pytest.raises(ValueError, match="progressive"):
        fk.to_diffusers(network, tmp_path)
    for option, text in [({"act_fn": "relu"}, "act_fn"), ({"down_block_types": ["CrossAttnDownBlock2D"]}, "CrossAttn")]:
        (tmp_path / "config.json").write_text(json.dumps({**SMALL, **option}))
        with pytest.raises(ValueError, match=text):
            fk.from_diffusers(tmp_path)
    (tmp_path / "config.json").write_text(json.dumps({**SMALL, "sample_size": None}))
    with pytest.raises(ValueError, match="sample="):
        fk.from_diffusers(tmp_path)


def test_labels():
    network = fk.Mlp(hidden=(8,), classes=3, label_dropout=0.5)
    network.build((2,))
    perturbed(network, 0)
    x = np.ones((2, 2), np.float32)
    y = network(x, 1.0, labels=[0, 3]).numpy()
    assert np.abs(y[0] - y[1]).max() > 1e-3
    np.testing.assert_array_equal(network(x, 1.0).numpy()[1], y[1])
    np.testing.assert_array_equal(network(x, 1.0, labels=0).numpy()[1], y[0])
    with pytest.raises(fk.ShapeError, match="labels below 4"):
        network(x, 1.0, labels=[0, 4])
    with pytest.raises(fk.ShapeError, match="2 labels"):
        network(x, 1.0, labels=[0])
    with pytest.raises(fk.ConfigError, match="integers"):
        network(x, 1.0, labels=[0.5, 1])
