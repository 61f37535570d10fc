# %% [markdown]
# # A neural SDE: a drift learned from observed paths
# Particles move in a double well, dx = (x − x³) dt + σ dB, and are seen at a few times.  From these data alone a small
# network finds the drift, and a parameter the noise, by gradients through the solver.

# %%
import os

import fokker as fk
import numpy as np

QUICK = bool(os.environ.get("QUICK"))  # for the tests: less data, fewer steps
GAP, SIGMA = 0.25, 0.6

# %% [markdown]
# ## Data
# Paths in fine steps by SRA1, observed every quarter; a pair is where a particle was and where it is at the next look.

# %%
rng = np.random.default_rng(0)
looks, particles = 4, 1000 if QUICK else 4000
t = np.linspace(0, GAP * looks, 20 * looks + 1)
path = fk.solve(fk.DoubleWell(SIGMA), rng.uniform(-2, 2, (particles, 1)), t, solver="sra1", seed=1, frames=t[::20])
before, after = path[:-1].reshape(-1, 1), path[1:].reshape(-1, 1)


# %% [markdown]
# ## Model
# f(x) = W₂ tanh(W₁ x + b₁) + b₂ and σ = e^s.  Leaves are what gradients are taken by.

# %%
def leaf(values):
    return fk.Tensor(np.array(values, dtype=np.float64)).leaf()


width = 16
parameters = [leaf(rng.normal(size=(1, width))), leaf(rng.normal(size=width)), leaf(rng.normal(size=(width, 1)) * 0.1)]
parameters += [leaf([0.0]), leaf(0.0)]
w1, b1, w2, b2, s = parameters


def drift(x, t):
    return fk.tanh(x @ w1 + b1) @ w2 + b2


model = fk.FunctionSde(drift, lambda x, t: fk.exp(s), noise="additive")

# %% [markdown]
# ## Loss
# Two independent ends X, X′ of the model from the same start, and the observed end y: the energy score
# E|X − y| − ½ E|X − X′| is least where the model has the law of the data [gneiting2007].

# %%
steps, batch = 5, 500 if QUICK else 1000


def loss_of(start, end, seed):
    twice = np.concatenate([start, start])
    x = fk.solve(
        model,
        twice,
        np.linspace(0, GAP, steps + 1),
        solver="reversible_heun",
        seed=seed,
        frames=[GAP],
        adjoint="reversible",
        parameters=parameters,
    )
    one, other = x[0, : len(start)], x[0, len(start) :]
    return (abs(one - end) + abs(other - end) - abs(one - other)).mean() * 0.5


# %% [markdown]
# ## Fit

# %%
truth_at = np.linspace(-1.5, 1.5, 61)[:, None]
truth = truth_at - truth_at**3


def drift_error():
    """The root mean square error of the drift where there are data, relative to that of no drift at all."""
    return np.sqrt(np.mean((drift(fk.Tensor(truth_at), 0).numpy() - truth) ** 2) / np.mean(truth**2))


unfitted = drift_error()
adam = fk.Adam(parameters, learning_rate=3e-2)
iterations = 600 if QUICK else 3000
losses = []
for i in range(iterations):
    adam.learning_rate = 3e-2 * (1 - i / iterations)
    rows = rng.integers(len(before), size=batch)
    loss = loss_of(before[rows], after[rows], seed=i)
    adam.step(fk.grad(loss, parameters))
    losses.append(loss.item())
fitted, sigma = drift_error(), float(np.exp(s.numpy()))
print(f"drift error {unfitted:.2f} before, {fitted:.3f} after; sigma {sigma:.3f}, the truth is {SIGMA}")

# %% [markdown]
# ## The drift that it found

# %%
if not QUICK:
    import matplotlib.pyplot as plt

    plt.plot(truth_at, truth, label="x − x³")
    plt.plot(truth_at, drift(fk.Tensor(truth_at), 0).numpy(), "--", label="network")
    plt.xlabel("x")
    plt.ylabel("drift")
    plt.legend()
    plt.show()
