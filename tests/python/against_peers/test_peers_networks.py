"""U-Nets against diffusers' UNet2DModel: the same weights, outputs, gradients, and losses of training."""

import json

import numpy as np
import pytest
from networks import (SMALL, check_gradients, compared, flattened, labels_of, losses_of, of, perturbed, randomise,
                      relative, trained)
from peers import run_peer

import fokker as fk

SKIP = {
    **SMALL,
    "sample_size": 8,
    "in_channels": 3,
    "out_channels": 3,
    "norm_num_groups": 32,
    "block_out_channels": [128, 128],
    "down_block_types": ["SkipDownBlock2D", "AttnSkipDownBlock2D"],
    "up_block_types": ["AttnSkipUpBlock2D", "SkipUpBlock2D"],
    "time_embedding_type": "fourier",
    "mid_block_scale_factor": 2**0.5,
    "attention_head_dim": None,
}
CONFIGS = {
    "ddpm": SMALL,
    "ddpm_original": {
        **SMALL,
        "in_channels": 3,
        "out_channels": 6,
        "attention_head_dim": None,
        "downsample_padding": 0,
        "flip_sin_to_cos": False,
        "freq_shift": 1,
        "norm_eps": 1e-6,
        "center_input_sample": True,
        "add_attention": False,
    },
    "three_levels": {
        **SMALL,
        "block_out_channels": [8, 16, 24],
        "down_block_types": ["AttnDownBlock2D", "DownBlock2D", "DownBlock2D"],
        "up_block_types": ["UpBlock2D", "UpBlock2D", "AttnUpBlock2D"],
        "layers_per_block": 2,
        "attention_head_dim": 4,
        "time_embedding_dim": 20,
        "norm_num_groups": 4,
    },
    "adm": {
        **SMALL,
        "down_block_types": ["ResnetDownsampleBlock2D", "AttnDownBlock2D"],
        "up_block_types": ["AttnUpBlock2D", "ResnetUpsampleBlock2D"],
        "resnet_time_scale_shift": "scale_shift",
        "num_class_embeds": 5,
    },
    "adm_norm": {
        **SMALL,
        "block_out_channels": [16, 16],
        "down_block_types": ["AttnDownBlock2D", "DownBlock2D"],
        "up_block_types": ["UpBlock2D", "AttnUpBlock2D"],
        "downsample_type": "resnet",
        "upsample_type": "resnet",
        "resnet_time_scale_shift": "scale_shift",
        "attn_norm_num_groups": 4,
    },
    "ncsnpp": SKIP,
}
TRAINED = ("ddpm", "adm")
OURS = {
    "ddpm": {"channels": (8, 16), "layers_per_block": 1, "groups": 4},
    "adm": {
        "channels": (8, 16),
        "attention": (True, True),
        "groups": 4,
        "head_size": 4,
        "classes": 3,
        "label_dropout": 0.2,
        "scale_shift": True,
        "downsample": "resnet",
        "upsample": "resnet",
        "out_channels": 2,
    },
}


def diffusers_unets(folder, configs, trained_names, x, t, labels):
    import json

    import torch
    from diffusers import UNet2DModel

    torch.set_num_threads(1)
    found = {}
    for seed, (name, config) in enumerate(json.loads(str(configs)).items()):
        torch.manual_seed(seed)
        model = UNet2DModel(**config)
        randomise(model)
        model.save_pretrained(f"{folder}/{name}")
        images = torch.randn(2, config["in_channels"], config["sample_size"], config["sample_size"])
        with_labels = {"class_labels": torch.tensor([4, 0])} if config.get("num_class_embeds") else {}
        times = torch.tensor([3.0, 250.0])

        def call(x, t, model=model, **labels):
            return model(x, t, **labels).sample

        call.parameters, call.named_parameters = model.parameters, model.named_parameters
        found |= flattened(compared(call, images, times, **with_labels), f"{name}/")
        if name in str(trained_names):
            found |= flattened(trained(call, images, times, **with_labels), f"{name}/")
    for name in ("ours_ddpm", "ours_adm"):
        model = UNet2DModel.from_pretrained(f"{folder}/{name}")
        with_labels = {"class_labels": torch.tensor(labels)} if model.config.num_class_embeds else {}
        images = torch.tensor(np.moveaxis(x, -1, 1))
        found |= flattened({"y": model(images, torch.tensor(t), **with_labels).sample}, f"{name}/")
    return found


@pytest.fixture(scope="module")
def unets(tmp_path_factory):
    """The folder of the peer's models and what it found; our own models are there too."""
    folder = tmp_path_factory.mktemp("unets")
    x = np.random.default_rng(0).normal(size=(3, 8, 8, 1)).astype(np.float32)
    given = {"x": x, "t": np.array([1, 40, 900], np.float32), "labels": np.array([0, 3, 2])}
    for name, options in OURS.items():
        network = fk.UNet(seed=1, **options)
        network.build(x.shape[1:])
        fk.to_diffusers(perturbed(network, 2), folder / f"ours_{name}")
    using = (randomise, compared, trained, flattened)
    setup = {"folder": str(folder), "configs": json.dumps(CONFIGS), "trained_names": json.dumps(TRAINED)}
    found = run_peer(diffusers_unets, package="diffusers", using=using, **setup, **given)
    return folder, found, given


@pytest.mark.parametrize("name", CONFIGS)
def test_unet_gives_the_outputs_and_gradients_of_diffusers(unets, name):
    folder, found, _ = unets
    found = of(found, name)
    network = fk.from_diffusers(folder / name)
    assert relative(network(found["x"], found["t"], **labels_of(found)), found["y"]) < 1e-5
    check_gradients(network, found, 5e-5)


@pytest.mark.parametrize("name", TRAINED)
def test_unet_trains_like_diffusers(unets, name):
    folder, found, _ = unets
    found = of(found, name)
    losses = losses_of(fk.from_diffusers(folder / name), found)
    assert losses[-1] < 0.9 * losses[0]
    np.testing.assert_allclose(losses, found["losses"], rtol=1e-4)


@pytest.mark.parametrize("name", OURS)
def test_diffusers_loads_ours(unets, name):
    folder, found, given = unets
    network = fk.from_diffusers(folder / f"ours_{name}")
    labels = {"labels": given["labels"]} if name == "adm" else {}
    assert relative(network(given["x"], given["t"], **labels), found[f"ours_{name}/y"]) < 1e-5


@pytest.mark.parametrize(
    ("name", "option"),
    [
        ("ddpm", {"norm_eps": 1e-2}),
        ("ddpm", {"attention_head_dim": 4}),
        ("ddpm", {"downsample_padding": 0}),
        ("ddpm", {"freq_shift": 1}),
        ("adm_norm", {"attn_norm_num_groups": 8}),
        ("ncsnpp", {"mid_block_scale_factor": 1.0}),
    ],
)
def test_another_option_is_noticed(unets, tmp_path, name, option):
    folder, found, _ = unets
    found = of(found, name)
    config = json.loads((folder / name / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**config, **option}))
    weights = "diffusion_pytorch_model.safetensors"
    (tmp_path / weights).symlink_to(folder / name / weights)
    network = fk.from_diffusers(tmp_path)
    assert relative(network(found["x"], found["t"], **labels_of(found)), found["y"]) > 1e-3
