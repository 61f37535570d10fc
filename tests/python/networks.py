"""What several tests of networks start from, and how networks are compared with their peers (peers.py)."""

import numpy as np

import fokker as fk

SMALL = {
    "sample_size": 16,
    "in_channels": 1,
    "out_channels": 1,
    "block_out_channels": [16, 32],
    "down_block_types": ["DownBlock2D", "AttnDownBlock2D"],
    "up_block_types": ["AttnUpBlock2D", "UpBlock2D"],
    "layers_per_block": 1,
    "norm_num_groups": 8,
}


def perturbed(network, seed):
    rng = np.random.default_rng(seed)
    for values in network.parameters.values():
        values += 0.2 * rng.normal(size=values.shape)
    return network


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
