"""Networks against their peers: diffusers' UNet2DModel, and a DiT in torch.  The same weights, outputs, gradients, and
losses of training."""

import json

import numpy as np
import pytest
from networks import SMALL, perturbed
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

def randomise(model):
    """Nothing stays at zero or one: a layer that starts silent would hide the rest."""
    import torch

    for parameter in model.parameters():
        if parameter.requires_grad:
            fan_in = parameter[0].numel() if parameter.ndim > 1 else 10
            parameter.data = torch.randn_like(parameter) / fan_in**0.5 + (parameter.ndim == 1) * parameter.data


def compared(model, x, t, **labels):
    """The output at x, the loss against a target, and its gradient by every parameter."""
    import torch

    y = model(x, t, **labels)
    target = torch.randn_like(y)
    ((y - target) ** 2).mean().backward()
    found = {"x": x, "t": t, "y": y, "target": target, **labels}
    return found | {f"gradient/{name}": p.grad for name, p in model.named_parameters() if p.grad is not None}


def trained(model, x0, t, **labels):
    """Losses of some steps of Adam on fixed data, times and noise."""
    import torch

    torch.manual_seed(7)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    noise, losses = torch.randn(20, *x0.shape), []
    for step in range(20):
        optimizer.zero_grad()
        predicted = model(0.8 * x0 + 0.6 * noise[step], t, **labels)
        loss = ((predicted - noise[step]) ** 2).mean()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return {"noise": noise, "losses": losses}


def flattened(found, prefix):
    """Arrays with channels last; weights stay as they are."""
    result = {}
    for name, value in found.items():
        value = np.asarray(value.detach() if hasattr(value, "detach") else value)
        last = not name.startswith("gradient") and value.ndim >= 4
        result[prefix + name] = np.moveaxis(value, -3, -1) if last else value
    return result


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


def relative(ours, theirs):
    return np.linalg.norm(np.asarray(ours) - theirs) / np.linalg.norm(theirs)


def labels_of(found):
    return {"labels": found["class_labels"]} if "class_labels" in found else {}


def of(found, name):
    return {key[len(name) + 1 :]: value for key, value in found.items() if key.startswith(name + "/")}


def check_gradients(network, found, bound):
    """Every gradient to `bound` of its own norm, or of a thousandth of the largest: some are zero by symmetry."""
    leaves = network.leaves()
    y = network(found["x"], found["t"], **labels_of(found))
    ours = fk.grad(((y - found["target"]) ** 2).mean(), leaves)
    theirs = {name.split("/", 1)[1]: value for name, value in found.items() if name.startswith("gradient/")}
    names = [name for name in network.parameters if name in theirs]
    assert len(names) == len(theirs) == len(leaves)
    floor = 1e-3 * max(np.linalg.norm(value) for value in theirs.values())
    for name, gradient in zip(names, ours):
        error = np.linalg.norm(np.asarray(gradient) - theirs[name])
        assert error <= bound * max(np.linalg.norm(theirs[name]), floor), name


def losses_of(network, found):
    """The same training as `trained`, over the same data, times and noise."""
    leaves = network.leaves()
    adam, losses = fk.Adam(leaves, learning_rate=1e-3), []
    for noise in found["noise"]:
        x = (0.8 * found["x"] + 0.6 * noise).astype(np.float32)
        loss = ((network(x, found["t"], **labels_of(found)) - noise) ** 2).mean()
        adam.step(fk.grad(loss, leaves))
        losses.append(loss.item())
    return losses


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


def torch_dit(x, t, labels):
    import torch
    from torch import nn
    from torch.nn import functional

    torch.set_num_threads(1)
    width, heads, patch, classes = 24, 3, 2, 4

    def modulate(h, shift, scale):
        normal = functional.layer_norm(h, (width,), eps=1e-6)
        return normal * (1 + scale[:, None]) + shift[:, None]

    class Attention(nn.Module):
        def __init__(self):
            super().__init__()
            self.qkv, self.proj = nn.Linear(width, 3 * width), nn.Linear(width, width)

        def forward(self, h):
            b, n, _ = h.shape
            q, k, v = self.qkv(h).reshape(b, n, 3, heads, width // heads).permute(2, 0, 3, 1, 4)
            weights = (q @ k.transpose(-1, -2) / (width // heads) ** 0.5).softmax(-1)
            return self.proj((weights @ v).transpose(1, 2).reshape(b, n, width))

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.attn = Attention()
            self.mlp = nn.ModuleDict({"fc1": nn.Linear(width, 4 * width), "fc2": nn.Linear(4 * width, width)})
            self.adaLN_modulation = nn.Sequential(nn.SiLU(), nn.Linear(width, 6 * width))

        def forward(self, h, c):
            shift1, scale1, gate1, shift2, scale2, gate2 = self.adaLN_modulation(c).chunk(6, 1)
            h = h + gate1[:, None] * self.attn(modulate(h, shift1, scale1))
            hidden = functional.gelu(self.mlp["fc1"](modulate(h, shift2, scale2)), approximate="tanh")
            return h + gate2[:, None] * self.mlp["fc2"](hidden)

    class DiT(nn.Module):
        def __init__(self, side, channels, out):
            super().__init__()
            self.side, self.out = side // patch, out
            self.x_embedder = nn.ModuleDict({"proj": nn.Conv2d(channels, width, patch, patch)})
            mlp = nn.Sequential(nn.Linear(256, width), nn.SiLU(), nn.Linear(width, width))
            self.t_embedder = nn.ModuleDict({"mlp": mlp})
            self.y_embedder = nn.ModuleDict({"embedding_table": nn.Embedding(classes + 1, width)})
            self.blocks = nn.ModuleList([Block() for _ in range(2)])
            linear, modulation = nn.Linear(width, patch * patch * out), nn.Linear(width, 2 * width)
            final = {"linear": linear, "adaLN_modulation": nn.Sequential(nn.SiLU(), modulation)}
            self.final_layer = nn.ModuleDict(final)
            omega = 10000.0 ** (-torch.arange(width // 4) / (width // 4))
            row, column = torch.meshgrid(torch.arange(self.side), torch.arange(self.side), indexing="ij")
            phases = [axis.reshape(-1, 1) * omega for axis in (column, row)]
            self.positions = torch.cat([f(phase) for phase in phases for f in (torch.sin, torch.cos)], 1)

        def forward(self, x, t, class_labels):
            h = self.x_embedder["proj"](x).flatten(2).transpose(1, 2) + self.positions
            phase = t[:, None] * torch.exp(-np.log(10000.0) * torch.arange(128) / 128)
            time = self.t_embedder["mlp"](torch.cat([phase.cos(), phase.sin()], 1))
            c = time + self.y_embedder["embedding_table"](class_labels)
            for block in self.blocks:
                h = block(h, c)
            shift, scale = self.final_layer["adaLN_modulation"](c).chunk(2, 1)
            y = self.final_layer["linear"](modulate(h, shift, scale))
            y = y.reshape(len(x), self.side, self.side, patch, patch, self.out).permute(0, 5, 1, 3, 2, 4)
            return y.reshape(len(x), self.out, self.side * patch, self.side * patch)

    images = torch.tensor(np.moveaxis(x, -1, 1))
    torch.manual_seed(0)
    model = DiT(images.shape[-1], images.shape[1], images.shape[1])
    randomise(model)
    weights = {f"gradient of/{name}": p.detach().clone() for name, p in model.named_parameters()}
    call = (images, torch.tensor(t))
    found = compared(model, *call, class_labels=torch.tensor(labels)) | weights | {"positions": model.positions}
    return flattened(found | trained(model, *call, class_labels=torch.tensor(labels)), "")


@pytest.fixture(scope="module")
def dit():
    x = np.random.default_rng(1).normal(size=(3, 8, 8, 2)).astype(np.float32)
    given = {"x": x, "t": np.array([2, 70, 990], np.float32), "labels": np.array([1, 4, 0])}
    return run_peer(torch_dit, package="torch", using=(randomise, compared, trained, flattened), **given)


def loaded_dit(found, **options):
    network = fk.DiT(**{"patch": 2, "depth": 2, "width": 24, "heads": 3, "classes": 4, "label_dropout": 0.1, **options})
    network.build(found["x"].shape[1:])
    for name, value in of(found, "gradient of").items():
        network.parameters[name][...] = value
    return network


def test_dit_gives_the_outputs_and_gradients_of_torch(dit):
    network = loaded_dit(dit)
    np.testing.assert_allclose(network.parameters["pos_embed"][0], dit["positions"], atol=1e-5)
    assert relative(network(dit["x"], dit["t"], **labels_of(dit)), dit["y"]) < 1e-5
    check_gradients(network, dit, 5e-5)
    other = loaded_dit(dit, heads=6)
    assert relative(other(dit["x"], dit["t"], **labels_of(dit)), dit["y"]) > 1e-3


def test_dit_trains_like_torch(dit):
    losses = losses_of(loaded_dit(dit), dit)
    assert losses[-1] < 0.9 * losses[0]
    np.testing.assert_allclose(losses, dit["losses"], rtol=1e-4)
