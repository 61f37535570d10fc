"""Exponential integrators on a mixture of Gaussians in NumPy, which share nothing with the library.

A rule changes the moments mₖ = ∫₀¹ z e^{−z(1−v)} vᵏ dv, z = (1 + η²) h, by which the polynomial of a step is
integrated.
"""

import numpy as np


def mixture():
    return [[-1.0, 0.5], [1.2, 0.0]], [0.3, 0.4], [0.4, 0.6]  # means, deviations, weights


def noise(x, alpha, sigma):
    """E[ε | x] for x = α x₀ + σ ε, with x₀ from the mixture."""
    means, deviations, weights = map(np.array, mixture())
    variance = (alpha * deviations) ** 2 + sigma**2
    gap = x[:, None] - alpha * means
    logits = np.log(weights / variance) - (gap**2).sum(-1) / (2 * variance)
    share = np.exp(logits - logits.max(1, keepdims=True))
    return sigma * ((share / share.sum(1, keepdims=True) / variance)[..., None] * gap).sum(1)


def moments(z, count):
    found = [-np.expm1(-z)]
    for k in range(1, count):
        found.append(1 - k * found[-1] / z)
    return np.array(found)


def exactly(m, z):
    return m


def midpoint(m, z):
    """DPM-Solver++(2M) [lu2022pp]."""
    return np.array([m[0], m[0] / 2]) if len(m) == 2 else m


def half_parabola(m, z):
    """DPM-Solver++(3M) as [lu2022pp], k-diffusion and diffusers have it: half of the second difference's integral."""
    return np.array([*m[:2], m[2] / 2]) if len(m) == 3 else midpoint(m, z)


def wrong_sign(m, z):
    """diffusers' 3M SDE: (1 − e^{−z} − z)/z² − ½, where k-diffusion has + ½, which is m₂/2 and vanishes with z."""
    return np.array([*m[:2], m[2] / 2 - 1]) if len(m) == 3 else midpoint(m, z)


def linear(m, z):
    """Two points of SA-Solver as in its authors' code; [xue2023] has the integral."""
    return np.array([m[0], z / 2]) if len(m) == 2 else m


def multistep(x, levels, rule, points, eta=0.0, xi=None):
    """The end of a method of points = (predictor, corrector) through levels = (α, σ); no xi: of its drift."""
    alpha, sigma = levels
    (predictor, corrector), p, s = points, 1 + eta**2, sigma / alpha
    places, y, known = -np.log(s), x / alpha[0], []

    def remember(i, y):
        known.insert(0, (places[i], y - s[i] * noise(alpha[i] * y, alpha[i], sigma[i])))

    def integral(i, points):
        h, used = places[i + 1] - places[i], known[:points]
        at = [(place - places[i]) / h for place, _ in used]
        weights = np.linalg.solve(np.vander(at, increasing=True).T, rule(moments(p * h, len(used)), p * h))
        return sum(w * d for w, (_, d) in zip(weights, used))

    last = len(s) - 2
    for i in range(last + 1):
        if not corrector or i == 0:
            remember(i, y)
        h = places[i + 1] - places[i]
        base = np.exp(-p * h) * y
        if xi is not None:
            base += s[i + 1] * np.sqrt(-np.expm1(-2 * eta**2 * h)) * xi[i]
        y = base + integral(i, predictor)
        if corrector and i < last:
            remember(i + 1, y)
            y = base + integral(i, corrector)
    return alpha[-1] * y


def third_order(x, levels, form, rule):
    """The end of DPM-Solver-3, form "noise", or ++(3S), "data"; each step over three levels.

    The rule says how the line of the second stage is integrated.
    """
    alpha, sigma = levels
    s = sigma / alpha
    places, y = -np.log(s), x / alpha[0]

    def predict(i, y):
        epsilon = noise(alpha[i] * y, alpha[i], sigma[i])
        return epsilon if form == "noise" else y - s[i] * epsilon

    def advance(i, end, *polynomial, rule=exactly):
        h = places[end] - places[i]
        z, decay, scale = (-h, 1, s[end]) if form == "noise" else (h, np.exp(-h), 1)
        m = rule(moments(z, len(polynomial)), z)
        return decay * y + scale * sum(w * v for w, v in zip(m, polynomial))

    for i in range(0, len(s) - 1, 3):
        v = predict(i, y)
        v1 = predict(i + 1, advance(i, i + 1, v))
        v2 = predict(i + 2, advance(i, i + 2, v, 2 * (v1 - v), rule=rule))
        y = advance(i, i + 3, v, 1.5 * (v2 - v))
    return alpha[-1] * y
