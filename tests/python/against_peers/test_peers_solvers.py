"""The solvers against diffrax, torchsde and SciPy on the same path: the same grid, the same W and H, float64."""

import fokker as fk
import numpy as np
import pytest
from peers import run_peer
from scipy.integrate import solve_ivp

STEPS, SEED = 40, 11
T = np.linspace(0, 1, STEPS + 1)
UNEVEN = 0.25 + T**1.5
START = np.linspace(-1.5, 1.5, 24).reshape(12, 2)


# The problems, in arithmetic that tensors of Fokker, torch and jax all know.
def well(x, t):
    return x * (1 - x * x) + 0.2 * t


def fading(t):  # additive noise
    return 0.9 / ((1 + t) * (1 + t))


def uneven(x, t):  # diagonal noise
    return (0.4 + 0.2 * x * x) / (1 + t)


def ours(solver, noise, t, calculus="ito", frozen=False):
    """With `frozen`, the noise keeps its law at t = 0."""
    at = (lambda t: 0.0) if frozen else (lambda t: t)
    diffusion = {"additive": lambda x, t: fading(at(t)), "diagonal": lambda x, t: uneven(x, at(t))}[noise]
    sde = fk.FunctionSde(well, diffusion, noise=noise, calculus=calculus)
    return fk.solve(sde, START, t, solver=solver, seed=SEED)


def distance(a, b):
    return np.abs(a - b).max()


def diffrax_paths(x, t, w, h):
    import diffrax
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    times = jnp.asarray(t)

    class Given(diffrax.AbstractBrownianPath):
        w: jax.Array
        h: jax.Array
        levy_area: type = diffrax.SpaceTimeLevyArea
        t0 = times[0]
        t1 = times[-1]

        def evaluate(self, t0, t1=None, left=True, use_levy=False):
            step = jnp.argmin(jnp.abs(times - t0))
            if not use_levy:
                return self.w[step]
            return diffrax.SpaceTimeLevyArea(dt=t1 - t0, W=self.w[step], H=self.h[step])

    def solve(solver, diffusion, h):
        path = Given(jnp.asarray(w), jnp.asarray(h))
        diagonal = lambda t, x, args: diffusion(x, t)  # noqa: E731
        terms = diffrax.MultiTerm(
            diffrax.ODETerm(lambda t, x, args: well(x, t)), diffrax.ControlTerm(additive_or(diagonal), path)
        )
        found = diffrax.diffeqsolve(
            terms, solver, times[0], times[-1], None, jnp.asarray(x), saveat=diffrax.SaveAt(ts=times),
            stepsize_controller=diffrax.StepTo(ts=times),
        )  # fmt: skip
        return np.asarray(found.ys)

    def additive_or(diffusion):
        import lineax

        return lambda t, x, args: lineax.DiagonalLinearOperator(jnp.broadcast_to(diffusion(t, x, args), x.shape))

    additive = lambda x, t: fading(t)  # noqa: E731
    return {
        "euler_maruyama": solve(diffrax.Euler(), additive, h),
        "sea": solve(diffrax.SEA(), additive, h),
        "shark": solve(diffrax.ShARK(), additive, h),
        "shark, H scaled": solve(diffrax.ShARK(), additive, 1.1 * h),
        "sra1": solve(diffrax.SRA1(), additive, h),
        "sra1, frozen": solve(diffrax.SRA1(), lambda x, t: fading(0), h),
        "milstein ito": solve(diffrax.ItoMilstein(), uneven, h),
        "milstein stratonovich": solve(diffrax.StratonovichMilstein(), uneven, h),
        "stochastic_heun stratonovich": solve(diffrax.Heun(), uneven, h),
        "euler_heun, frozen": solve(diffrax.EulerHeun(), lambda x, t: uneven(x, 0), h),
    }


@pytest.fixture(scope="module")
def diffrax():
    w, h = fk.brownian(START.shape, UNEVEN, seed=SEED, areas=1)
    return run_peer(diffrax_paths, package="diffrax", using=(well, fading, uneven), x=START, t=UNEVEN, w=w, h=h)


@pytest.mark.parametrize("solver", ["euler_maruyama", "sea", "shark"])
def test_diffrax_takes_the_same_path_under_additive_noise(diffrax, solver):
    assert distance(ours(solver, "additive", UNEVEN), diffrax[solver]) < 1e-12
    for other in {"euler_maruyama", "sea", "shark", "sra1"} - {solver}:
        assert distance(ours(other, "additive", UNEVEN), diffrax[solver]) > 1e-4


def test_the_levy_area_is_seen(diffrax):
    assert distance(ours("shark", "additive", UNEVEN), diffrax["shark, H scaled"]) > 1e-5


def test_diffrax_takes_sra1s_stage_noise_at_the_beginning_of_the_step(diffrax):
    """Where the noise depends on t, [rossler2010] takes it at the end, c1 = (1, 0); both are of strong order 1.5."""
    assert distance(ours("sra1", "additive", UNEVEN, frozen=True), diffrax["sra1, frozen"]) < 1e-12
    w, h = fk.brownian(START.shape, UNEVEN, seed=SEED, areas=1)
    for stage_at_end, near, far in ((0, "theirs", "ours"), (1, "ours", "theirs")):
        x, paths = START, {"theirs": diffrax["sra1"][-1], "ours": ours("sra1", "additive", UNEVEN)[-1]}
        for i, (t, end) in enumerate(zip(UNEVEN, UNEVEN[1:])):
            dt, g, g_end = end - t, fading(t), fading(end)
            f = well(x, t)
            y = x + 0.75 * dt * f + (g_end if stage_at_end else g) * 1.5 * (w[i] / 2 + h[i])
            x = x + dt * (f + 2 * well(y, t + 0.75 * dt)) / 3 + g_end * w[i] + (g - g_end) * (w[i] / 2 + h[i])
        assert distance(x, paths[near]) < 1e-12 < 1e-5 < distance(x, paths[far])


@pytest.mark.parametrize(
    "solver, calculus", [("milstein", "ito"), ("milstein", "stratonovich"), ("stochastic_heun", "stratonovich")]
)
def test_diffrax_takes_the_same_path_under_diagonal_noise(diffrax, solver, calculus):
    assert distance(ours(solver, "diagonal", UNEVEN, calculus), diffrax[f"{solver} {calculus}"]) < 1e-12


def test_diffrax_takes_euler_heuns_second_noise_at_the_beginning_of_the_step(diffrax):
    """Ours, and torchsde's, take it at the end; without time in the noise they agree."""
    assert distance(ours("euler_heun", "diagonal", UNEVEN, "stratonovich", True), diffrax["euler_heun, frozen"]) < 1e-12


def torchsde_paths(x, t, w, h):
    import torch
    import torchsde

    class Given(torchsde.BaseBrownian):
        dtype, device, levy_area_approximation = torch.float64, torch.device("cpu"), "space-time"
        shape = torch.Size(x.shape)

        def __call__(self, ta, tb=None, return_U=False, return_A=False):
            step = int(np.abs(t - float(ta)).argmin())
            area = (t[step + 1] - t[step]) * (w[step] / 2 + h[step])  # U, the integral of B over the step
            return (torch.tensor(w[step]), torch.tensor(area)) if return_U else torch.tensor(w[step])

        def __repr__(self):
            return "Given()"

        size = lambda self: self.shape  # noqa: E731

    class Problem(torch.nn.Module):
        def __init__(self, noise, calculus):
            super().__init__()
            self.noise_type, self.sde_type = noise, calculus

        def f(self, t, x):
            return well(x, t)

        def g(self, t, x):
            if self.noise_type == "diagonal":
                return uneven(x, t)
            return (fading(t) * torch.eye(2, dtype=x.dtype)).expand(len(x), 2, 2)

    found, dt = {}, float(t[1] - t[0])
    for method, noise, calculus, free in (
        ("euler", "additive", "ito", False),
        ("euler", "diagonal", "ito", False),
        ("milstein", "diagonal", "ito", False),
        ("milstein", "diagonal", "ito", True),
        ("milstein", "diagonal", "stratonovich", False),
        ("milstein", "diagonal", "stratonovich", True),
        ("srk", "additive", "ito", False),
        ("srk", "diagonal", "ito", False),
        ("heun", "diagonal", "stratonovich", False),
        ("euler_heun", "diagonal", "stratonovich", False),
    ):
        options = {"grad_free": True} if free else {}
        paths = torchsde.sdeint(
            Problem(noise, calculus), torch.tensor(x), torch.tensor(t), bm=Given(), method=method, dt=dt, options=options
        )
        found[f"{method} {noise} {calculus}{' free' if free else ''}"] = paths.detach().numpy()
    return found


@pytest.fixture(scope="module")
def torchsde():
    w, h = fk.brownian(START.shape, T, seed=SEED, areas=1)
    return run_peer(torchsde_paths, package="torchsde", using=(well, fading, uneven), x=START, t=T, w=w, h=h)


@pytest.mark.parametrize(
    "solver, noise, calculus, theirs",
    [
        ("euler_maruyama", "additive", "ito", "euler additive ito"),
        ("euler_maruyama", "diagonal", "ito", "euler diagonal ito"),
        ("milstein", "diagonal", "ito", "milstein diagonal ito"),
        ("milstein_free", "diagonal", "ito", "milstein diagonal ito free"),
        ("milstein", "diagonal", "stratonovich", "milstein diagonal stratonovich"),
        ("sra1", "additive", "ito", "srk additive ito"),
        ("sriw2", "diagonal", "ito", "srk diagonal ito"),
        ("stochastic_heun", "diagonal", "stratonovich", "heun diagonal stratonovich"),
        ("euler_heun", "diagonal", "stratonovich", "euler_heun diagonal stratonovich"),
    ],
)
def test_torchsde_takes_the_same_path(torchsde, solver, noise, calculus, theirs):
    assert distance(ours(solver, noise, T, calculus), torchsde[theirs]) < 1e-12
    assert all(
        distance(torchsde[theirs], paths) > 1e-6 for name, paths in torchsde.items() if name != theirs and noise in name
    )


def test_a_documented_difference_from_torchsde(torchsde):
    """Stratonovich's Milstein without derivatives: a one-sided difference there, of strong order ½ (solvers/steppers/milstein.h)."""
    exact = ours("milstein", "diagonal", T, "stratonovich")
    one_sided = torchsde["milstein diagonal stratonovich free"]
    assert distance(ours("milstein_free", "diagonal", T, "stratonovich"), exact) < 0.1 * distance(one_sided, exact)
    assert distance(one_sided, exact) < 0.5


def test_probability_flow_agrees_with_scipy():
    mixture, sde = fk.GaussianMixture([[-1.0, 0.5], [1.2, 0.0]], [0.3, 0.4]), fk.VP()
    flow = fk.ReverseSde(sde, mixture.score(sde), eta=0)
    start = np.array([[0.3, -1.1], [-0.8, 0.2], [1.9, 1.0]])

    def drift(x, t):
        return flow.drift(fk.Tensor(np.asarray(x, dtype=float)), t).numpy()

    found = fk.solve_ode(lambda x, t: flow.drift(x, t), start, 1.0, 1e-3, method="dopri5", tolerance=1e-11)
    for x, end in zip(start, found.values):
        options = {"rtol": 1e-12, "atol": 1e-12}
        wanted = solve_ivp(lambda t, x: drift(x[None], t)[0], (1.0, 1e-3), x, method="DOP853", **options).y[:, -1]
        np.testing.assert_allclose(end, wanted, atol=1e-8)
        loose = solve_ivp(lambda t, x: drift(x[None], t)[0], (1.0, 1e-3), x, method="RK45", rtol=1e-4, atol=1e-4).y[:, -1]
        assert 1e-7 < np.abs(loose - wanted).max() < 1e-2
