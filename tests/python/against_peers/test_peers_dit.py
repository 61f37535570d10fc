"""A DiT against one in torch: the same weights, outputs, gradients, and losses of training."""

import numpy as np
import pytest
from networks import check_gradients, compared, flattened, labels_of, losses_of, of, randomise, relative, trained
from peers import run_peer

import fokker as fk


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
