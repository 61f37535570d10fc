"""What several tests of networks start from."""

import numpy as np

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
