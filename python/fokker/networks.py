"""Networks; keywords are those of the table [network] of an experiment."""

from ._arguments import seed_of
from ._fokker import Network


def UNet(*, seed=0, **network):
    """Makes the U-Net of DDPM for images: channels=(32, 64), attention=(False, True), layers_per_block=2, dropout=0, …

    Other keywords are the options of diffusers' UNet2DModel, of ADM (scale_shift, downsample="resnet") and of NCSN++
    (time_embedding="fourier", downsample="fir", progressive, …).  classes=10 makes it take labels.
    """
    return Network({"kind": "unet", **network}, seed_of(seed))


def DiT(*, seed=0, **network):
    """Makes the diffusion transformer for images of one size: patch=2, depth=4, width=64, heads=4, classes=0, …"""
    return Network({"kind": "dit", **network}, seed_of(seed))


def Mlp(*, seed=0, **network):
    """Makes a multilayer perceptron with time embedding: hidden=(256, 256, 256, 256), time_dimension=64, dropout=0."""
    return Network({"kind": "mlp", **network}, seed_of(seed))


def FeedForward(*, seed=0, **network):
    """Makes linear layers with ReLU for regression: hidden=(…)."""
    return Network({"kind": "feed_forward", **network}, seed_of(seed))
