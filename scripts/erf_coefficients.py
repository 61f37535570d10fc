"""Prints the polynomials behind erf in core/kernels/vector_math.h (needs mpmath).

|x| < 1:  erf(x) = x·P(x²).   1 ≤ |x| ≤ 6:  erf(x) = sign(x)·(1 − exp(−x²)·Q(t)),  t = (|x| − 2)/(|x| + 2).
"""
from mpmath import chebyfit, erf, erfc, exp, mp, mpf, pi, sqrt

mp.dps = 40


def show(name, f, interval, count):
    coefficients, error = chebyfit(f, interval, count, error=True)
    print(f"{name}: error {float(error):.1e}, lowest power first")
    print(", ".join(f"{float(c)!r}" for c in reversed(coefficients)))


def small(z):
    return erf(sqrt(z)) / sqrt(z) if z > mpf(10) ** -30 else 2 / sqrt(pi)


def large(t):
    x = 2 * (1 + t) / (1 - t)
    return erfc(x) * exp(x**2)


for dtype, n_small, n_large, last in (("f32", 7, 8, 4), ("f64", 13, 18, 6)):
    show(f"{dtype} P", small, [0, 1], n_small)
    show(f"{dtype} Q", large, [mpf(-1) / 3, mpf(last - 2) / (last + 2)], n_large)
