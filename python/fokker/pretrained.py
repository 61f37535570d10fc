"""U-Nets in the folders of diffusers: config.json and diffusion_pytorch_model.safetensors of a UNet2DModel."""

import json
import math
import pathlib

from ._fokker import Network

WEIGHTS = "diffusion_pytorch_model.safetensors"
# Names of attention in the first models that were published.
_OLD = {".query.": ".to_q.", ".key.": ".to_k.", ".value.": ".to_v.", ".proj_attn.": ".to_out.0."}

# Types of levels, down and up: attention, resampling, progressive.
_BLOCKS = {
    "DownBlock2D": (False, "conv", False),
    "AttnDownBlock2D": (True, None, False),  # resampling by downsample_type
    "ResnetDownsampleBlock2D": (False, "resnet", False),
    "SkipDownBlock2D": (False, "fir", True),
    "AttnSkipDownBlock2D": (True, "fir", True),
}
_BLOCKS |= {name.replace("Downsample", "Upsample").replace("Down", "Up"): kind for name, kind in _BLOCKS.items()}

# Options under one name each; this file's values stand where diffusers leaves them out of the file.
_SAME = {
    "block_out_channels": "channels",
    "layers_per_block": "layers_per_block",
    "norm_num_groups": "groups",
    "norm_eps": "norm_epsilon",
    "freq_shift": "frequency_shift",
    "flip_sin_to_cos": "cosine_first",
    "center_input_sample": "center_input",
    "dropout": "dropout",
    "out_channels": "out_channels",
    "mid_block_scale_factor": "mid_divisor",
    "downsample_padding": "downsample_padding",
    "add_attention": "mid_attention",
    "time_embedding_type": "time_embedding",
}
_DEFAULTS = {
    "block_out_channels": (224, 448, 672, 896),
    "layers_per_block": 2,
    "norm_num_groups": 32,
    "out_channels": 3,
    "down_block_types": ("DownBlock2D", "AttnDownBlock2D", "AttnDownBlock2D", "AttnDownBlock2D"),
    "up_block_types": ("AttnUpBlock2D", "AttnUpBlock2D", "AttnUpBlock2D", "UpBlock2D"),
    "attention_head_dim": 8,
}
# Options of which this U-Net has a single kind; the first is the default.
_ONLY = {
    "act_fn": ("silu", "swish"),
    "class_embed_type": (None,),
    "mid_block_type": ("UNetMidBlock2D",),
    "time_embedding_type": ("positional", "fourier"),
}


def _require(condition, text):
    if not condition:
        raise ValueError(f"[diffusers] {text}")


def _levels(types, resampling):
    """Returns the attention of each level, and the resampling and the manner that all levels share."""
    for name in types:
        _require(name in _BLOCKS, f"expected levels of {', '.join(_BLOCKS)}, got {name}")
    kinds = [_BLOCKS[name] for name in types]
    resampled = {kind[1] or resampling for kind in kinds[:-1]} or {"conv"}
    progressive = {kind[2] for kind in kinds}
    _require(len(resampled) == 1 and len(progressive) == 1, f"expected levels that resample alike, got {types}")
    return [kind[0] for kind in kinds], resampled.pop(), progressive.pop()


def _check_skip_groups(groups, channels, attention):
    """Checks that the groups of skip blocks, by their channels (32 before attention), agree with the network."""
    agree = all(min(c // 4, 32) == groups for c in (channels[0], channels[-1])) and min(channels) >= 32
    agree &= all(c >= 128 for c, attends in zip(channels, attention) if attends)
    _require(agree, f"norm_num_groups={groups} and skip blocks of {list(channels)} channels do not count groups alike")


def _network_options(config):
    """Returns the keywords of fk.UNet for a UNet2DModel's config."""
    config = {**_DEFAULTS, **config}
    for key, known in _ONLY.items():
        _require(config.get(key, known[0]) in known, f"expected {key} to be {known[0]}, got {config.get(key)}")
    options = {ours: config[theirs] for theirs, ours in _SAME.items() if config.get(theirs) is not None}
    attention, downsample, progressive = _levels(config["down_block_types"], config.get("downsample_type", "conv"))
    mirrored, upsample, _ = _levels(config["up_block_types"], config.get("upsample_type", "conv"))
    _require(attention == mirrored[::-1], "expected attention at the same levels of both halves")
    fourier = config.get("time_embedding_type") == "fourier"
    options.update(
        attention=attention,
        downsample=downsample,
        upsample=upsample,
        progressive=progressive,
        divide_by_time=fourier,
        head_size=config["attention_head_dim"] or 0,
        scale_shift=config.get("resnet_time_scale_shift", "default") == "scale_shift",
        mid_groups=config.get("attn_norm_num_groups") or 0,
        embedding=config.get("time_embedding_dim") or 0,
        classes=config.get("num_class_embeds") or 0,
    )
    if progressive:
        _check_skip_groups(options["groups"], options["channels"], attention)
        options["groups"] = 0
        options["residual_divisor"] = math.sqrt(2)
    return options


def from_diffusers(folder, sample=None):
    """Loads the U-Net that diffusers' UNet2DModel.save_pretrained wrote into a folder, with its weights.

    sample: the shape (height, width, channels) of one image, where the file does not hold its size.
    Weights become float32: those of float16 and bfloat16 are widened, those of float64 rounded.  Options that this
    U-Net does not have raise a ValueError, and so do weights that are missing, unknown or of another shape.
    """
    folder = pathlib.Path(folder)
    config = json.loads((folder / "config.json").read_text())
    if sample is None:
        size = config.get("sample_size")
        _require(size is not None, "the file holds no sample_size: give sample=(height, width, channels)")
        height, width = size if isinstance(size, (list, tuple)) else (size, size)
        sample = (height, width, config.get("in_channels", 3))
    network = Network({"kind": "unet", **_network_options(config)})
    network.build(sample)
    network.load(str(folder / WEIGHTS), _OLD)
    return network


def _types(attention, resampling, progressive, direction):
    """Returns the types of the levels, in the encoder's order."""
    types = []
    for i, attends in enumerate(attention):
        plain = "Skip" if progressive else ""
        name = f"{'Attn' if attends else ''}{plain}{direction}Block2D"
        if resampling == "resnet" and not attends and i + 1 < len(attention):
            name = f"Resnet{direction}sampleBlock2D"
        types.append(name)
    return types


def _unet_config(options, sample):
    """Returns the config of the UNet2DModel for a network's options."""
    _require(options["kind"] == "unet", f"expected a U-Net, got {options['kind']}")
    channels, progressive = options["channels"], options["progressive"]
    attention = options["attention"] or [False] * len(channels)
    fourier = options["time_embedding"] == "fourier"
    divisor = math.sqrt(2) if progressive else 1
    groups = options["groups"] or min(channels[0] // 4, 32)
    _require(progressive or "fir" not in (options["downsample"], options["upsample"]), "fir needs progressive there")
    _require(progressive or options["groups"] > 0, "expected groups > 0")
    _require(options["time_embedding"] != "none", "there, the time is always embedded")
    _require(options["norm"] == "group", "there, the norm is always group")
    _require(options["divide_by_time"] == fourier, "there, the output is divided by the time with fourier alone")
    _require(options["residual_divisor"] == divisor, f"expected residual_divisor={divisor}")
    if progressive:
        _check_skip_groups(groups, channels, attention)
        _require(options["groups"] == 0, "expected groups=0 with progressive")
        _require(sample[2] == 3 and options["out_channels"] in (0, 3), "expected three channels with progressive")
    config = {theirs: options[ours] for theirs, ours in _SAME.items()}
    config.update(
        _class_name="UNet2DModel",
        sample_size=list(sample[:2]),
        in_channels=sample[2],
        out_channels=options["out_channels"] or sample[2],
        norm_num_groups=groups,
        down_block_types=_types(attention, options["downsample"], progressive, "Down"),
        up_block_types=_types(attention, options["upsample"], progressive, "Up")[::-1],
        downsample_type="conv" if progressive else options["downsample"],
        upsample_type="conv" if progressive else options["upsample"],
        attention_head_dim=options["head_size"] or None,
        resnet_time_scale_shift="scale_shift" if options["scale_shift"] else "default",
        attn_norm_num_groups=options["mid_groups"] or None,
        time_embedding_dim=options["embedding"] or None,
        num_class_embeds=options["classes"] + (options["label_dropout"] > 0) or None,
    )
    return config


def to_diffusers(network, folder):
    """Writes a U-Net and its weights into a folder that diffusers' UNet2DModel.from_pretrained reads.

    The null label of label_dropout becomes the last class of diffusers.  Options that diffusers does not have raise a
    ValueError.
    """
    folder = pathlib.Path(folder)
    config = _unet_config(network.config, network.sample)
    folder.mkdir(parents=True, exist_ok=True)
    network.save(str(folder / WEIGHTS))
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")
