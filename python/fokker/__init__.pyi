from . import datasets as datasets
from . import diagnostics as diagnostics
from . import solvers as solvers
from ._fokker import *
from .autodiff import grad as grad
from .comparison import Comparison as Comparison
from .comparison import compare as compare
from .flows import Likelihood as Likelihood
from .flows import OdeSolution as OdeSolution
from .flows import decode as decode
from .flows import encode as encode
from .flows import interpolate as interpolate
from .flows import log_likelihood as log_likelihood
from .flows import solve_ode as solve_ode
from .langevin_chains import Chains as Chains
from .langevin_chains import langevin as langevin
from .networks import DiT as DiT
from .networks import FeedForward as FeedForward
from .networks import Mlp as Mlp
from .networks import UNet as UNet
from .order_measurement import Orders as Orders
from .order_measurement import orders as orders
from .pretrained import from_diffusers as from_diffusers
from .pretrained import to_diffusers as to_diffusers
from .runs import Run as Run
from .runs import load_run as load_run
from .runs import resume as resume
from .runs import run as run
from .samples import Samples as Samples
from .sampling import sample as sample
from .solving import brownian as brownian
from .solving import solve as solve
from .training import Training as Training
from .training import train as train

__version__: str
