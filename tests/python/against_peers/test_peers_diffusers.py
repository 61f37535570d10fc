"""The samplers against diffusers' schedulers: the same model, start, noise and time points, in float64."""

import fokker as fk
import numpy as np
import pytest
from exponential import (
    exactly, half_parabola, linear, midpoint, mixture, multistep, noise, third_order, wrong_sign,
)  # fmt: skip
from peers import run_peer

N, SEED, STEPS = 16, 3, 20
TRAINING = np.arange(1, 1001) / 1000  # diffusers' timestep i is our time (i + 1)/1000
TIMES = TRAINING[49::50][::-1]  # its spacing "trailing", from t = 1 to 0.05
VP, EDM = fk.VP(), fk.EDM()
TO_ZERO = {"times": TIMES, "denoise": True}  # denoised at the last point: final_sigmas_type="zero"
LEAST = {"times": np.append(TIMES, TRAINING[0])}  # a step to the first timestep: "sigma_min"
EVEN = {"grid": "log_snr", "t_min": 0.01}
KARRAS = {"grid": "karras", "steps": 19, "denoise": True}
XI = fk.brownian((N, 2), np.arange(STEPS + 1), seed=SEED)[0]  # the normals of each step


def ours(solver, sde=VP, **config):
    """All states, and the denoised end where there is one."""
    config = {"n": N, "seed": SEED, "dtype": "float64", "denoise": False, "solver": solver, **config}
    points = len(config["times"]) if "times" in config else config["steps"] + 1
    x = fk.sample(fk.GaussianMixture(*mixture()), sde, trajectory=points, **config)
    return np.concatenate([x.trajectory, x.values[None]]) if config["denoise"] else x.trajectory


def levels(sde, times):
    return tuple(np.array([tuple(sde.marginal(t)) for t in times]).T)


def grid(sde, **config):
    return fk.sample(lambda x, t: -x, sde, solver="ddim", n=1, trajectory=config["steps"] + 1, **config).times


LOG_SNR = grid(VP, **EVEN, steps=24)


def distance(a, b):
    return np.abs(a - b).max()


def diffusers_paths(x, xi, alpha, sigma, alpha24, sigma24, x_edm, edm):
    import sys

    import diffusers
    import torch

    torch.float32, np.float32 = torch.float64, np.float64  # what the schedulers cast to
    torch.set_default_dtype(torch.float64)

    def betas(alpha):
        return 1 - np.append(alpha[0], alpha[1:] / alpha[:-1]) ** 2

    def path(scheduler, steps, model, x, normals=xi, **options):
        scheduler.set_timesteps(steps)
        given = (torch.tensor(step) for step in normals)
        sys.modules[type(scheduler).__module__].randn_tensor = lambda *_, **__: next(given)
        states = [torch.tensor(x)]
        for t in scheduler.timesteps:
            scheduler.scale_model_input(states[-1], t)
            output = torch.tensor(model(states[-1].numpy(), t, scheduler))
            states.append(scheduler.step(output, t, states[-1], **options).prev_sample)
        return np.stack(states)

    def vp(x, t, _):
        return noise(x, alpha[int(t)], sigma[int(t)])

    found = {}
    common = {"trained_betas": betas(alpha), "timestep_spacing": "trailing"}
    constant = {**common, "lower_order_final": False}  # the order, to the end
    least = {**constant, "final_sigmas_type": "sigma_min"}
    ddim = diffusers.DDIMScheduler(**common, clip_sample=False)
    multistep, unipc = diffusers.DPMSolverMultistepScheduler, diffusers.UniPCMultistepScheduler
    deis, sa = diffusers.DEISMultistepScheduler, diffusers.SASolverScheduler
    cases = {
        "ddim": (ddim, {"eta": 0}),
        "ddim 0.6": (ddim, {"eta": 0.6}),
        "ddim 1": (ddim, {"eta": 1}),
        "ancestral": (diffusers.DDPMScheduler(**common, clip_sample=False), {}),
        "ancestral_large": (diffusers.DDPMScheduler(**common, clip_sample=False, variance_type="fixed_large"), {}),
        "dpmpp_2m to zero": (multistep(**common), {}),
        "dpmpp_2m": (multistep(**least), {}),
        "dpmpp_3m 0": (multistep(**least, solver_order=3), {}),
        "dpmpp_2m_sde": (multistep(**least, algorithm_type="sde-dpmsolver++"), {}),
        "dpmpp_3m_sde 1": (multistep(**least, algorithm_type="sde-dpmsolver++", solver_order=3), {}),
        "unipc_bh1": (unipc(**least, solver_type="bh1"), {}),
        "unipc_bh2": (unipc(**least), {}),
        "unipc_bh2 to zero": (unipc(**common), {}),
        "unipc_3": (unipc(**least, solver_order=3), {}),
        "deis_2": (deis(**constant), {}),
        "deis_3": (deis(**constant, solver_order=3), {}),
        "sa_solver 0.7": (sa(**constant, predictor_order=3, corrector_order=4, tau_func=lambda t: 0.7), {}),
        "sa_solver 1": (sa(**constant, predictor_order=3, corrector_order=4, tau_func=lambda t: 1.0), {}),
        "sa_solver_2 0.7": (sa(**constant, tau_func=lambda t: 0.7), {}),
        "sa_solver_2 1": (sa(**constant, tau_func=lambda t: 1.0), {}),
    }
    quiet = np.append(xi[:-1], 0 * xi[-1:], axis=0)  # DDPMScheduler adds noise to the denoised end
    for name, (scheduler, options) in cases.items():
        normals = quiet if "ancestral" in name else xi
        found[name] = path(scheduler, len(xi), vp, x, normals, **options)
        if name in ("ddim 0.6", "ancestral", "dpmpp_2m_sde", "sa_solver 0.7"):
            found[f"{name}, other noise"] = path(scheduler, len(xi), vp, x, normals[::-1], **options)

    def vp24(x, t, _):
        return noise(x, alpha24[int(t)], sigma24[int(t)])

    common = {"num_train_timesteps": 25, "trained_betas": betas(alpha24), "lower_order_final": False}
    for name, algorithm, order in (
        ("dpm_solver_2", "dpmsolver", 2),
        ("dpmpp_2s", "dpmsolver++", 2),
        ("dpm_solver_3", "dpmsolver", 3),
        ("dpmpp_3s", "dpmsolver++", 3),
    ):
        scheduler = diffusers.DPMSolverSinglestepScheduler(
            **common, algorithm_type=algorithm, solver_order=order, final_sigmas_type="sigma_min"
        )
        found[name] = path(scheduler, 24, vp24, x)[::order]

    heun = diffusers.HeunDiscreteScheduler(
        num_train_timesteps=len(edm), trained_betas=betas(1 / np.hypot(1, edm[::-1]))
    )
    states = path(heun, len(edm), lambda x, t, _: noise(x, 1, edm[-1 - int(t)]), x_edm)
    found["edm_heun"] = np.append(states[::2], states[-1:], axis=0)

    def preconditioned(x, _, scheduler):
        s, data = float(scheduler.sigmas[scheduler.step_index]), 0.5
        kept = data**2 / (s**2 + data**2)
        return (x - s * noise(x, 1, s) - kept * x) * np.hypot(s, data) / (s * data)

    for name, scheduler in {
        "edm ddim": diffusers.EDMEulerScheduler(),
        "edm dpmpp_2m": diffusers.EDMDPMSolverMultistepScheduler(),
        "edm dpmpp_2m_sde": diffusers.EDMDPMSolverMultistepScheduler(algorithm_type="sde-dpmsolver++"),
    }.items():
        found[name] = path(scheduler, len(edm), preconditioned, x_edm)
    return found


@pytest.fixture(scope="module")
def theirs():
    (alpha, sigma), (alpha24, sigma24) = levels(VP, TRAINING), levels(VP, LOG_SNR[::-1])
    starts = {"x": ours("ddim", **TO_ZERO)[0], "x_edm": ours("ddim", EDM, **KARRAS)[0]}
    return run_peer(
        diffusers_paths, package="diffusers", using=(mixture, noise), xi=XI, alpha=alpha, sigma=sigma,
        alpha24=alpha24, sigma24=sigma24, edm=grid(EDM, **KARRAS), **starts,
    )  # fmt: skip


AGREE = {
    "ddim": TO_ZERO,
    "ddim 0.6": TO_ZERO,
    "ddim 1": TO_ZERO,
    "ancestral": TO_ZERO,
    "ancestral_large": TO_ZERO,
    "dpmpp_2m": LEAST,
    "dpmpp_2m to zero": TO_ZERO,
    "dpmpp_2m_sde": LEAST,
    "unipc_bh1": LEAST,
    "unipc_bh2": LEAST,
    "unipc_bh2 to zero": TO_ZERO,
    "unipc_3": LEAST,
    "deis_2": LEAST,
    "deis_3": LEAST,
    "dpm_solver_2": {**EVEN, "steps": 12},
    "dpmpp_2s": {**EVEN, "steps": 12},
    "edm_heun": KARRAS,
    "edm ddim": KARRAS,
    "edm dpmpp_2m": KARRAS,
    "edm dpmpp_2m_sde": KARRAS,
}


SAME = [{"ddim 1", "ancestral"}]


@pytest.mark.parametrize("name", AGREE)
def test_diffusers_takes_the_same_path(theirs, name):
    """In every state; UniPC in the last, since diffusers gives the others before the corrector's turn."""
    words = name.removeprefix("edm ").split()
    eta = {"eta": float(words[1])} if words[-1][0].isdigit() else {}
    path = ours(words[0], EDM if name.startswith("edm") else VP, **AGREE[name], **eta)
    compared = slice(-1, None) if "unipc" in name else slice(None)
    assert path.shape == theirs[name].shape
    assert distance(path[compared], theirs[name][compared]) < 1e-11
    for other, states in theirs.items():  # of another order, η, noise, …
        if other != name and states.shape == path.shape and {name, other} not in SAME:
            assert distance(path[-1], states[-1]) > 1e-6, other


@pytest.mark.parametrize(
    "name, rule, points",
    [
        ("dpmpp_3m 0", half_parabola, (3, 0)),
        ("dpmpp_3m_sde 1", wrong_sign, (3, 0)),
        ("sa_solver 0.7", linear, (3, 4)),  # in its first two steps
        ("sa_solver 1", linear, (3, 4)),
        ("sa_solver_2 0.7", linear, (2, 2)),
        ("sa_solver_2 1", linear, (2, 2)),
    ],
)
def test_diffusers_differs_from_the_exact_integral_by_one_moment(theirs, name, rule, points):
    solver, eta = name.split()[0], float(name.split()[1])
    start, given = theirs["ddim"][0], {"points": points, "eta": eta, "xi": XI}
    exact, other = (multistep(start, levels(VP, LEAST["times"]), one, **given) for one in (exactly, rule))
    assert distance(exact, ours(solver, **LEAST, eta=eta)[-1]) < 1e-9
    assert distance(other, theirs[name][-1]) < 1e-9 * np.abs(other).max()
    assert distance(exact, other) > 1e-6


def order(method, rule):
    """Of method(start, levels, rule), against the exact integral on a fine grid."""

    def end(steps, rule):
        return method(ours("ddim", **TO_ZERO)[0], levels(VP, grid(VP, grid="log_snr", t_min=0.1, steps=steps)), rule)

    steps, fine = np.array([192, 384, 768]), end(3072, exactly)
    errors = [np.sqrt(((end(int(n), rule) - fine) ** 2).mean()) for n in steps]
    return -np.polyfit(np.log(steps), np.log(errors), 1)[0]


@pytest.mark.parametrize(
    "rule, eta, expected",
    [(exactly, 0, 3), (half_parabola, 0, 2), (exactly, 1, 3), (half_parabola, 1, 2), (wrong_sign, 1, 1)],
)
def test_order_of_3m_by_its_weight_of_the_second_difference(rule, eta, expected):
    """Of the drift of η, without noise, which would hide orders above 1."""
    found = order(lambda x, levels, rule: multistep(x, levels, rule, (3, 0), eta), rule)
    assert abs(found - expected) < 0.15, found


@pytest.mark.parametrize("name, form", [("dpm_solver_3", "noise"), ("dpmpp_3s", "data")])
def test_diffusers_takes_the_second_stage_of_order_3_by_its_midpoint_rule(theirs, name, form):
    """Its scheduler makes the stage a step of order 2; [lu2022] has the line's integral.  Both are of order 3."""
    start, end = theirs["ddim"][0], ours(name, **EVEN, steps=8)[-1]
    line, other = (third_order(start, levels(VP, LOG_SNR), form, rule) for rule in (exactly, midpoint))
    assert distance(line, end) < 1e-11 and distance(other, theirs[name][-1]) < 1e-11
    assert distance(line, other) > 1e-3
    for rule in (exactly, midpoint):
        found = order(lambda x, levels, rule: third_order(x, levels, form, rule), rule)
        assert abs(found - 3) < 0.15, found
