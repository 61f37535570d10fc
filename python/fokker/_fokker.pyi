"""
The C++ side of fokker; import fokker instead.
"""
from __future__ import annotations
import os
import typing
Array = typing.Any  # a Tensor, or what converts to one
class Error(RuntimeError):
    pass
class ShapeError(ValueError):
    pass
class ConfigError(ValueError):
    pass
class NumericalError(ArithmeticError):
    pass
class IoError(OSError):
    pass
class Tensor:
    """
    A contiguous row-major array of float32 or float64.  Over a writable contiguous NumPy array of these types it is made without a copy; everything else is copied.
    """
    __array_ufunc__ = None
    def __abs__(self) -> Tensor:
        ...
    @typing.overload
    def __add__(self, arg0: Array) -> Tensor:
        ...
    @typing.overload
    def __add__(self, arg0: float) -> Tensor:
        ...
    def __array__(self, dtype: typing.Any = None, copy: typing.Any = None) -> typing.Any:
        ...
    def __dlpack__(self, **kwargs) -> typing.Any:
        ...
    def __dlpack_device__(self) -> tuple:
        ...
    def __float__(self) -> float:
        ...
    def __getitem__(self, arg0: typing.Any) -> Tensor:
        ...
    def __init__(self, values: typing.Any, dtype: str | None = None) -> None:
        ...
    def __len__(self) -> int:
        ...
    def __matmul__(self, arg0: Array) -> Tensor:
        ...
    @typing.overload
    def __mul__(self, arg0: Array) -> Tensor:
        ...
    @typing.overload
    def __mul__(self, arg0: float) -> Tensor:
        ...
    def __neg__(self) -> Tensor:
        ...
    def __pow__(self, arg0: float) -> Tensor:
        ...
    @typing.overload
    def __radd__(self, arg0: float) -> Tensor:
        ...
    @typing.overload
    def __radd__(self, arg0: Array) -> Tensor:
        ...
    def __reduce__(self) -> tuple:
        ...
    def __repr__(self) -> str:
        ...
    def __rmatmul__(self, arg0: Array) -> Tensor:
        ...
    @typing.overload
    def __rmul__(self, arg0: float) -> Tensor:
        ...
    @typing.overload
    def __rmul__(self, arg0: Array) -> Tensor:
        ...
    @typing.overload
    def __rsub__(self, arg0: float) -> Tensor:
        ...
    @typing.overload
    def __rsub__(self, arg0: Array) -> Tensor:
        ...
    @typing.overload
    def __rtruediv__(self, arg0: float) -> Tensor:
        ...
    @typing.overload
    def __rtruediv__(self, arg0: Array) -> Tensor:
        ...
    @typing.overload
    def __sub__(self, arg0: Array) -> Tensor:
        ...
    @typing.overload
    def __sub__(self, arg0: float) -> Tensor:
        ...
    @typing.overload
    def __truediv__(self, arg0: Array) -> Tensor:
        ...
    @typing.overload
    def __truediv__(self, arg0: float) -> Tensor:
        ...
    def astype(self, dtype: str) -> Tensor:
        ...
    def clone(self) -> Tensor:
        """
        Returns a copy off the tape.
        """
    def detach(self) -> Tensor:
        """
        Returns a tensor over this memory, off the tape.
        """
    def item(self) -> float:
        ...
    def leaf(self) -> Tensor:
        """
        Returns a tensor over this memory as a new leaf, by which fk.grad can differentiate.
        """
    def max(self, axis: typing.Any = None, keepdims: bool = False) -> Tensor:
        ...
    def mean(self, axis: typing.Any = None, keepdims: bool = False) -> Tensor:
        ...
    def numpy(self) -> typing.Any:
        """
        Returns the memory as a writable NumPy array, which keeps it alive.
        """
    def reshape(self, *args) -> Tensor:
        ...
    def sum(self, axis: typing.Any = None, keepdims: bool = False) -> Tensor:
        ...
    @property
    def T(self) -> Tensor:
        ...
    @property
    def dtype(self) -> str:
        ...
    @property
    def ndim(self) -> int:
        ...
    @property
    def shape(self) -> tuple[int, ...]:
        ...
    @property
    def size(self) -> int:
        ...
    @property
    def tracked(self) -> bool:
        """
        Whether gradients flow through this tensor.
        """
class no_grad:
    """
    A context in which ops record nothing: with fk.no_grad(): …
    """
    def __enter__(self) -> None:
        ...
    def __exit__(self, *args) -> None:
        ...
    def __init__(self) -> None:
        ...
class Marginal:
    """
    The law x_t | x_0 ~ N(alpha x_0, sigma²); it unpacks as alpha, sigma.
    """
    def __iter__(self) -> typing.Iterator:
        ...
    def __repr__(self) -> str:
        ...
    @property
    def alpha(self) -> float:
        ...
    @property
    def log_snr_half(self) -> float:
        """
        log(alpha/sigma)
        """
    @property
    def sigma(self) -> float:
        ...
class Score:
    """
    The score ∇ log p_t, called as score(x, t) with one time for the whole batch.
    """
    def __call__(self, x: Array, t: float) -> Tensor:
        ...
    @property
    def sample_shape(self) -> tuple[int, ...] | None:
        """
        The shape of one sample, where known.
        """
class Sde:
    """
    The SDE dx = drift(x, t) dt + diffusion(x, t) dB (Itô).
    """
    def __repr__(self) -> str:
        ...
    def diffusion(self, x: Array, t: float) -> Tensor:
        ...
    def drift(self, x: Array, t: float) -> Tensor:
        ...
    @property
    def calculus(self) -> str:
        ...
    @property
    def name(self) -> str:
        ...
    @property
    def noise(self) -> str:
        ...
class ForwardSde(Sde):
    """
    A diffusion from data at t = 0 to a prior at t_max.
    """
    def marginal(self, t: float) -> Marginal:
        ...
    def time_of_lambda(self, value: float) -> float:
        """
        Returns the t at which log(alpha/sigma) = value.
        """
    @property
    def prior_sigma(self) -> float:
        ...
    @property
    def t_max(self) -> float:
        ...
    @property
    def t_min(self) -> float:
        ...
class VP(ForwardSde):
    """
    The variance-preserving SDE dx = −½ β x dt + √β dB, with β linear in t.
    """
    def __init__(self, beta_min: float = 0.1, beta_max: float = 20.0) -> None:
        ...
    @property
    def parameters(self) -> dict:
        """
        The arguments of the constructor, by name.
        """
class SubVP(ForwardSde):
    """
    The sub-VP SDE: the drift of VP with less noise, sigma = 1 − alpha².
    """
    def __init__(self, beta_min: float = 0.1, beta_max: float = 20.0) -> None:
        ...
    @property
    def parameters(self) -> dict:
        """
        The arguments of the constructor, by name.
        """
class VE(ForwardSde):
    """
    The variance-exploding SDE: alpha = 1, sigma geometric in t.
    """
    def __init__(self, sigma_min: float = 0.01, sigma_max: float = 50.0) -> None:
        ...
    @property
    def parameters(self) -> dict:
        """
        The arguments of the constructor, by name.
        """
class EDM(ForwardSde):
    """
    The diffusion of EDM: alpha = 1, sigma = t.
    """
    def __init__(self, sigma_min: float = 0.002, sigma_max: float = 80.0) -> None:
        ...
    @property
    def parameters(self) -> dict:
        """
        The arguments of the constructor, by name.
        """
class Cosine(ForwardSde):
    """
    The cosine schedule in continuous time.
    """
    def __init__(self) -> None:
        ...
    @property
    def parameters(self) -> dict:
        """
        The arguments of the constructor, by name.
        """
class RectifiedFlow(ForwardSde):
    """
    The rectified flow: alpha = 1 − t, sigma = t, straight lines from data to noise.
    """
    def __init__(self) -> None:
        ...
    @property
    def parameters(self) -> dict:
        """
        The arguments of the constructor, by name.
        """
class TrigonometricFlow(ForwardSde):
    """
    The trigonometric flow: alpha = cos(πt/2), sigma = sin(πt/2).
    """
    def __init__(self) -> None:
        ...
    @property
    def parameters(self) -> dict:
        """
        The arguments of the constructor, by name.
        """
class OrnsteinUhlenbeck(Sde):
    """
    The Ornstein–Uhlenbeck process dx = −theta x dt + sigma dB.
    """
    def __init__(self, theta: float = 1.0, sigma: float = 1.0) -> None:
        ...
    def moments(self, x0: float, t: float) -> tuple:
        """
        Mean and variance at t.
        """
    @property
    def parameters(self) -> dict:
        """
        The arguments of the constructor, by name.
        """
class GeometricBrownianMotion(Sde):
    """
    Geometric Brownian motion dx = mu x dt + sigma x dB.
    """
    def __init__(self, mu: float = 0.5, sigma: float = 0.5) -> None:
        ...
    def moments(self, x0: float, t: float) -> tuple:
        """
        Mean and variance at t.
        """
    @property
    def parameters(self) -> dict:
        """
        The arguments of the constructor, by name.
        """
class DoubleWell(Sde):
    """
    The double-well process dx = (x − x³) dt + sigma exp(−kappa t) dB.
    """
    def __init__(self, sigma: float = 1.0, kappa: float = 0.0) -> None:
        ...
    @property
    def parameters(self) -> dict:
        """
        The arguments of the constructor, by name.
        """
class ReverseSde(Sde):
    """
    The reverse-time SDE for eta = 1, and the probability-flow ODE for eta = 0.
    """
    def __init__(self, sde: ForwardSde, score: typing.Any, eta: float = 1.0) -> None:
        ...
class LangevinSde(Sde):
    """
    The Langevin SDE dx = score(x, time) du + √2 dB in a pseudo-time u.
    """
    def __init__(self, score: typing.Any, time: float) -> None:
        ...
class UnderdampedLangevin(Sde):
    """
    The underdamped Langevin SDE dx = v du, dv = (score(x, time) − friction v) du + √(2 friction) dB; states are [B, 2, …].
    """
    def __init__(self, score: typing.Any, time: float, friction: float = 1.0) -> None:
        ...
class FunctionSde(Sde):
    """
    The SDE dx = drift(x, t) dt + diffusion(x, t) dB of callables of a Tensor x [n, …] and a float t.
    Callables in fokker's ops can be differentiated (milstein, to_ito, to_stratonovich).
    noise: additive, diagonal, scalar (one Brownian motion for each sample) or general (diffusion
    [n, D, M], brownian=M).  calculus: ito or stratonovich.
    """
    def __init__(self, drift: typing.Any, diffusion: typing.Any, noise: str = 'additive', calculus: str = 'ito', brownian: int = 0, name: str = 'user SDE') -> None:
        ...
class GaussianMixture:
    """
    The mixture Σₖ wₖ N(μₖ, sₖ² I), whose scores and densities are exact under every forward SDE.
    """
    @staticmethod
    def ring(components: int = 8, radius: float = 2.0, deviation: float = 0.1) -> GaussianMixture:
        ...
    def __init__(self, means: list[list[float]], deviations: typing.Any, weights: list[float] = []) -> None:
        ...
    def diffused(self, sde: ForwardSde, t: float) -> GaussianMixture:
        """
        Returns the law at time t.
        """
    def log_density(self, x: Array) -> Tensor:
        """
        Returns log p(x), [B]; it is differentiable.
        """
    def sample(self, n: int, seed: int = 0, dtype: str = 'float32') -> Tensor:
        ...
    @typing.overload
    def score(self, sde: ForwardSde) -> Score:
        """
        Returns ∇ log p_t under a forward SDE, as a Score.
        """
    @typing.overload
    def score(self, x: Array) -> Tensor:
        """
        Returns ∇ log p(x).
        """
    @property
    def components(self) -> int:
        ...
    @property
    def covariance(self) -> typing.Any:
        ...
    @property
    def dimension(self) -> int:
        ...
    @property
    def mean(self) -> list[float]:
        ...
    @property
    def parameters(self) -> dict:
        """
        The arguments of the constructor, by name.
        """
class Network:
    """
    A network, built once the shape of a sample is known.
    """
    def __call__(self, x: Array, time: typing.Any, labels: typing.Any = None) -> Tensor:
        """
        Evaluates the network for x [B, …], time labels [B] and class labels [B], or one of each for all.
        """
    def __init__(self, config: dict, seed: int = 0) -> None:
        ...
    def __repr__(self) -> str:
        ...
    def build(self, sample: tuple[int, ...]) -> None:
        """
        Makes the weights for samples of a shape, such as (8, 8, 1).
        """
    def leaves(self) -> list[Tensor]:
        """
        Returns the weights as leaves of the tape, over the network's own memory.  fk.grad differentiates later results of the network by them.
        """
    def load(self, path: str | os.PathLike, rename: dict[str, str] = {}) -> None:
        """
        Reads weights from safetensors; float64 is rounded to float32.  `rename` replaces parts of the file's names.
        """
    def save(self, path: str | os.PathLike) -> None:
        """
        Writes the weights as safetensors.
        """
    @property
    def config(self) -> typing.Any:
        ...
    @property
    def parameter_count(self) -> int:
        ...
    @property
    def parameters(self) -> dict:
        """
        The weights by name, as NumPy arrays over the network's own memory.
        """
    @property
    def sample(self) -> tuple[int, ...]:
        """
        The shape of one sample.
        """
class Data:
    """
    Data ready for training, in the units of the network, with the way back.
    """
    def __repr__(self) -> str:
        ...
    def to_data_units(self, x: Array) -> Tensor:
        ...
    @property
    def excluded(self) -> typing.Any:
        """
        The samples of exclude_classes, [N, …].
        """
    @property
    def excluded_labels(self) -> list[int]:
        ...
    @property
    def features(self) -> list[str]:
        """
        The names of the columns of a table, or empty.
        """
    @property
    def held_out(self) -> typing.Any:
        """
        [N, …]
        """
    @property
    def held_out_index(self) -> list[int]:
        """
        The rows of the original data that are held out.
        """
    @property
    def held_out_labels(self) -> list[int]:
        ...
    @property
    def name(self) -> str:
        ...
    @property
    def range(self) -> tuple:
        """
        The range of the original data.
        """
    @property
    def report(self) -> list[str]:
        """
        What the preparation did, step by step.
        """
    @property
    def source(self) -> str:
        ...
    @property
    def training(self) -> typing.Any:
        """
        [N, …]
        """
    @property
    def training_labels(self) -> list[int]:
        ...
    def overview(self) -> bytes:
        """
        A picture of the training data as the bytes of a PNG file: images, curves or points in the plane.
        """
class System:
    """
    A network and the objective that trained it.
    """
    def score(self, labels: list[int] = []) -> Score:
        """
        The score ∇ log p_t under a label for each sample; labels repeat after the last.  Without labels it is unconditional.
        """
class TrainedRun:
    def __init__(self, path: str, decay: float | None = None, length: float | None = None, step: int = 0) -> None:
        ...
    def draw(self, keywords: dict, frames: int, progress: typing.Any) -> tuple:
        ...
    def held_out_loss(self) -> float:
        ...
    @property
    def config(self) -> typing.Any:
        ...
    @property
    def range(self) -> tuple[float, float]:
        ...
    @property
    def data(self) -> Data:
        ...
    @property
    def network(self) -> Network:
        ...
    @property
    def score(self) -> typing.Any:
        ...
    @property
    def sde(self) -> ForwardSde:
        ...
    @property
    def system(self) -> System:
        ...
class ComparisonResult:
    """
    The result of fokker.compare.
    """
    def save(self, folder: str) -> None:
        ...
    @property
    def config(self) -> typing.Any:
        ...
    @property
    def floor(self) -> dict[str, list[float]]:
        """
        The figures of exact samples, by metric and seed.
        """
    @property
    def html(self) -> str:
        ...
    @property
    def limits(self) -> list[str]:
        """
        The limits that the paths of each solver tend to; empty: no limit.
        """
    @property
    def metrics(self) -> list[str]:
        ...
    @property
    def records(self) -> list:
        ...
    @property
    def svg(self) -> str:
        ...
    @property
    def target(self) -> str:
        ...
    @property
    def text(self) -> list[str]:
        ...
    @property
    def verdict(self) -> list[str]:
        """
        The verdict in lines: all budgets together, then each.
        """
class Adam:
    """
    Adam, or AdamW with weight decay; it changes the parameters' memory in place.
    """
    learning_rate: float
    def __init__(self, parameters: list[Tensor], learning_rate: float = 0.001, beta1: float = 0.9, beta2: float = 0.999, weight_decay: float = 0.0) -> None:
        ...
    def step(self, gradients: list[Tensor], max_norm: float = 0.0) -> None:
        """
        Takes one step by gradients in the order of the parameters, scaled to a norm of at most `max_norm` (0: unscaled).
        """
    @property
    def steps(self) -> int:
        ...
def abs(x: Array) -> Tensor:
    ...
def apply(run: TrainedRun, name: str, x: typing.Any, argument: str, keywords: dict, progress: typing.Any) -> tuple:
    ...
def attention(q: Array, k: Array, v: Array, heads: int = 1, key_bias: Array | None = None) -> Tensor:
    ...
def autocorrelation(draws: Array, lags: int) -> typing.Any:
    ...
def bits_of_run(run: TrainedRun, keywords: dict, progress: typing.Any) -> tuple:
    ...
def bound_of(score: typing.Any, sde: ForwardSde, x: Array, keywords: dict, levels: typing.Any, progress: typing.Any) -> dict:
    ...
def broadcast_to(x: Array, shape: tuple[int, ...]) -> Tensor:
    ...
def brownian_increments(shape: tuple[int, ...], grid: list[float], seed: int, areas: int, same_path: bool, dtype: str) -> list[Tensor]:
    ...
def chain_summary(draws: Array) -> typing.Any:
    ...
def clamp(x: Array, low: float, high: float) -> Tensor:
    ...
def compare_samplers(score: typing.Any, sde: ForwardSde, reference: typing.Any, shape: tuple[int, ...] | None, keywords: dict, progress: typing.Any) -> ComparisonResult:
    ...
def concat(parts: list[Tensor], axis: int = 0) -> Tensor:
    ...
def conv2d(x: Array, weight: Array, bias: Array | None = None, stride: int = 1, padding: int = 0) -> Tensor:
    """
    Convolves x [B, H, W, I] with weight [O, I, kh, kw] → [B, H', W', O].
    """
def cos(x: Array) -> Tensor:
    ...
def dataset_names() -> list[str]:
    ...
def decode_latents(score: typing.Any, sde: ForwardSde, x: Array, keywords: dict, progress: typing.Any) -> dict:
    ...
def describe_data(source: str, n: int, seed: int) -> list[str]:
    ...
def draw_samples(score: typing.Any, sde: ForwardSde, keywords: dict, shape: tuple[int, ...] | None, dtype: str, trajectory: int, progress: typing.Any) -> tuple:
    ...
def encode_samples(score: typing.Any, sde: ForwardSde, x: Array, keywords: dict, progress: typing.Any) -> dict:
    ...
def erf(x: Array) -> Tensor:
    ...
def evaluate_samples(samples: typing.Any, data: Data, keywords: dict, seed: int) -> list:
    ...
def exp(x: Array) -> Tensor:
    ...
def expm1(x: Array) -> Tensor:
    ...
def gather(x: Array, indices: list[int]) -> Tensor:
    """
    Returns rows of the first axis.
    """
def gelu(x: Array) -> Tensor:
    ...
def gradients(outputs: list[Tensor], inputs: list[Tensor], create_graph: bool = False) -> list[Tensor]:
    ...
def grid_names() -> list[str]:
    ...
def group_norm(x: Array, scale: Array, shift: Array, groups: int) -> Tensor:
    ...
def guide(conditional: typing.Any, other: typing.Any, sde: ForwardSde, strength: float, interval: list[float[2]] = ..., rescale: float = 0.0) -> Score:
    """
    The score other + strength (conditional − other): classifier-free guidance, negative prompts, autoguidance.  interval: noise levels σ/α at which guidance acts.  rescale: share of the result that gets the unguided deviation back.
    """
def guide_by_classifier(score: typing.Any, log_likelihood: typing.Any, sde: ForwardSde, strength: float = 1.0, interval: list[float[2]] = ...) -> Score:
    """
    The score + strength ∇ log p(y | x_t); log_likelihood(x, t) returns that gradient.
    """
def integrate_ode(field: typing.Any, x: Array, t0: float, t1: float, method: str, absolute: float, relative: float, steps: int, frames: list[float]) -> tuple:
    ...
def langevin_chains(law: typing.Any, t: float, log_density: typing.Any, keywords: dict, shape: tuple[int, ...] | None, dtype: str, start: typing.Any, progress: typing.Any) -> dict:
    ...
def langevin_methods() -> dict:
    ...
def likelihood_of(score: typing.Any, sde: ForwardSde, x: Array, keywords: dict, terminal: typing.Any, progress: typing.Any) -> dict:
    ...
def likelihood_of_run(run: TrainedRun, keywords: dict, n: int, progress: typing.Any) -> dict:
    ...
def load_data(keywords: dict, seed: int) -> Data:
    ...
def log(x: Array) -> Tensor:
    ...
def log1p(x: Array) -> Tensor:
    ...
def logsumexp(x: Array, keepdims: bool = False) -> Tensor:
    """
    Returns log Σ exp(x) along the last axis.
    """
def lorenz(noise: float = 1.0) -> FunctionSde:
    """
    Returns the Lorenz system with additive noise, for x [n, 3].
    """
def lotka_volterra(a: float = 1.0, b: float = 1.0, c: float = 1.0, noise: float = 0.2) -> FunctionSde:
    """
    Returns the stochastic Lotka–Volterra system, for x [n, 2].
    """
def matmul(a: Array, b: Array) -> Tensor:
    ...
def max(x: Array, axis: typing.Any = None, keepdims: bool = False) -> Tensor:
    ...
def maximum(a: Array, b: Array) -> Tensor:
    ...
def mean(x: Array, axis: typing.Any = None, keepdims: bool = False) -> Tensor:
    ...
def measure_orders(solvers: list[str], paths: int, seed: int, progress: typing.Any) -> tuple:
    ...
def metric_names() -> list[str]:
    ...
def metric_title(name: str) -> str:
    ...
def minimum(a: Array, b: Array) -> Tensor:
    ...
def network_score(network: Network, sde: ForwardSde, prediction: str = 'epsilon', *, data_sigma: float = 1.0, time_label: str = 'index', scale_input: bool = True) -> Score:
    """
    Returns ∇ log p_t from a network that predicts epsilon, x0, v, the score, the velocity of a flow, or EDM's output.
    """
def ode_method_names() -> list[str]:
    ...
def pad(x: Array, axis: int, before: int, after: int) -> Tensor:
    ...
def permute(x: Array, axes: list[int]) -> Tensor:
    ...
def power(x: Array, exponent: float) -> Tensor:
    ...
def overview_png(x: typing.Any, range: typing.Any, signals: bool = False) -> bytes:
    ...
def prepare_array(x: typing.Any, labels: list[int], target: typing.Any, keywords: dict, seed: int) -> Data:
    ...
def read_config(path: str, overrides: list[str] = []) -> typing.Any:
    """
    Returns an experiment file as a dictionary, checked and with its defaults.
    """
def reciprocal(x: Array) -> Tensor:
    ...
def relu(x: Array) -> Tensor:
    ...
def reshape(x: Array, shape: list[int]) -> Tensor:
    ...
def resume_run(path: str, line: typing.Any) -> str:
    ...
def run_experiment(config: str, overrides: list[str], out: str, line: typing.Any) -> str:
    ...
def sde_names() -> list[str]:
    """
    Returns the kinds that experiment files know.
    """
def set_thread_count(threads: int) -> None:
    """
    Sets the number of workers; results do not depend on it.
    """
def sigmoid(x: Array) -> Tensor:
    ...
def silu(x: Array) -> Tensor:
    ...
def sin(x: Array) -> Tensor:
    ...
def slerp(a: Array, b: Array, weight: float) -> Tensor:
    """
    Interpolates on the sphere, sample by sample: weight 0 is a, 1 is b.
    """
def softmax(x: Array) -> Tensor:
    """
    Returns exp(x) / Σ exp(x) along the last axis.
    """
def softplus(x: Array) -> Tensor:
    ...
def solve_sde(sde: Sde, x: Array, keywords: dict, grid_and_frames: list[List[float][2]], parameters: list[Tensor]) -> Tensor:
    ...
def solver_names() -> list[str]:
    ...
def solver_summaries() -> dict:
    ...
def sqrt(x: Array) -> Tensor:
    ...
def square(x: Array) -> Tensor:
    ...
def stepper_names() -> list[str]:
    ...
def sum(x: Array, axis: typing.Any = None, keepdims: bool = False) -> Tensor:
    ...
def tanh(x: Array) -> Tensor:
    ...
def thread_count() -> int:
    """
    Returns the number of workers that sampling and training use.
    """
def threshold(score: typing.Any, sde: ForwardSde, share: float = 0.995, bound: float = 1.0) -> Score:
    """
    Dynamic thresholding: the denoised sample is clamped to its quantile `share` and scaled to the bound.
    """
def to_ito(sde: Sde) -> Sde:
    """
    Returns the SDE in Itô's sense that has the same solution.
    """
def to_stratonovich(sde: Sde) -> Sde:
    """
    Returns the SDE in Stratonovich's sense that has the same solution.
    """
def train_network(network: Network, sde: ForwardSde, data: Data, keywords: dict, seed: int, augment: list[str], progress: typing.Any) -> tuple:
    ...
def transpose(x: Array) -> Tensor:
    """
    Exchanges the last two axes.
    """
def where(mask: Array, a: Array, b: Array) -> Tensor:
    """
    Returns a where mask ≠ 0, else b; the mask may be of bools.
    """
def write_prepared(path: os.PathLike, keywords: dict) -> Data:
    ...
