"""How bounds and densities of samples print themselves in bits a dimension."""

import math


class BitsMixin:
    """A base of results with `bits_per_dimension` [n], `nfe` and `seconds`."""

    def __len__(self):
        return len(self.bits_per_dimension)

    def __repr__(self):
        bits = self.bits_per_dimension
        half = 1.96 * bits.std(ddof=1) / math.sqrt(len(bits)) if len(bits) > 1 else 0.0
        return f"{type(self).__name__}({len(self)} samples, {bits.mean():.4f} ± {half:.4f} bits per dimension, {self.nfe:g} evaluations, {self.seconds:.2f} s)"
