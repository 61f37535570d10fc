"""Pieces of the HTML that notebooks show."""

import base64
import html
import io

from . import _fokker


def text(value):
    return f"<pre>{html.escape(str(value))}</pre>"


def png(data):
    """Returns the bytes of a PNG file as a picture; without bytes it returns nothing."""
    return f'<img src="data:image/png;base64,{base64.b64encode(data).decode()}"/>' if data else ""


def samples(x, limits, signals=False):
    """Draws images as a grid, signals as curves, points in the plane as their density; `limits` are black and white."""
    return png(_fokker.overview_png(x, limits, signals))


def figure(plot):
    """Returns what plot(axes) draws; without matplotlib it returns nothing."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        return ""
    drawing, file = Figure(figsize=(6, 3), layout="tight"), io.BytesIO()
    plot(drawing.subplots())
    drawing.savefig(file, format="png")
    return png(file.getvalue())


def of_data(data):
    return text(repr(data)) + png(data.overview())
