"""Guards methods of bound classes that C++ calls itself: a subclass that replaced one would be ignored."""

from . import _fokker

_REMEDIES = {
    "Network": "networks of one's own cannot be trained yet; to sample with one, pass a function (x, t) → score to fk.sample",
    "Sde": "pass drift and diffusion as functions to fk.FunctionSde",
    "GaussianMixture": "pass a function (x, t) → score to fk.sample",
}


def _refuse(name, remedy):
    bound = getattr(_fokker, name)

    def __init_subclass__(cls, **keywords):
        super(bound, cls).__init_subclass__(**keywords)
        parent = next(base for base in cls.__mro__ if base.__module__ == bound.__module__)
        own = {"drift", "diffusion"} if parent is _fokker.FunctionSde else set()  # it may go to __init__
        for method in dir(parent):
            if (method.startswith("_") and method != "__call__") or method in own:
                continue
            if getattr(cls, method) is not getattr(parent, method):
                raise TypeError(
                    f"[{cls.__name__}] expected another name than {method}, which the library calls of "
                    f"{parent.__name__} itself: this one would be ignored; {remedy}"
                )

    bound.__init_subclass__ = classmethod(__init_subclass__)


for _name, _remedy in _REMEDIES.items():
    _refuse(_name, _remedy)
