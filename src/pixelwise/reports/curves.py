"""The curves of a training, as SVG."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["ACCENT", "GRID", "INK", "Curve", "learning_curves", "smoothed", "svg_of"]

# A page may replace these words in the SVG with variables of its own.
INK = "#5b6270"
GRID = "#d9dce1"
ACCENT = "#1f6f8b"

_SCORES = {"miou": "mIoU", "psnr": "PSNR", "kid": "KID"}  # by the beginning of their names

_OF_NETWORK = "loss_"  # begins the name of the loss of one of several networks

_LEAST_POINTS = 5  # fewer are no curve
_FEW_EPOCHS = 3  # below which whole epochs are no scale


@dataclass(frozen=True)
class Curve:
    """One quantity of a training over the epochs.

    Attributes:
        title: What is drawn.
        note: The value that is remembered of it: the last, or the highest of the learning rate.
        svg: The drawing, an `<svg>` element.
    """

    title: str
    note: str
    svg: str


def learning_curves(history: Sequence[Mapping[str, float | None]]) -> list[Curve]:
    """Draw losses, scores and learning rate over the epochs, those that there are; over the steps of a short training.

    A loss is drawn twice: as logged, faintly, and smoothed over a twentieth of the training. A quantity that was
    logged fewer than five times makes no curve and is left out.

    Args:
        history: The rows of `metrics.jsonl`, in order: `epoch` and `step`, or one of them, and any of `loss`,
            `loss_…` of single networks, `miou`, `psnr_…` and `learning_rate`.
    """
    scores = sorted({key for row in history for key in row if key.partition("_")[0] in _SCORES})
    validation = {key: f"Validation {_SCORES[key.partition('_')[0]]}" for key in scores}
    networks = sorted({key for row in history for key in row if key.startswith(_OF_NETWORK)})
    losses = {key: f"Loss of {key.removeprefix(_OF_NETWORK).replace('_', ' ')}" for key in networks}
    wanted = {"loss": "Training loss", **losses, **validation, "learning_rate": "Learning rate"}
    epochs = [epoch for row in history if (epoch := row.get("epoch")) is not None]
    place = "step" if not epochs or (epochs[-1] < _FEW_EPOCHS and "step" in history[-1]) else "epoch"
    curves = []
    for key, title in wanted.items():
        points = _points(history, key, place)
        if len(points) >= _LEAST_POINTS:
            values = [value for _, value in points]
            note = f"at most {max(values):.2g}" if key == "learning_rate" else f"at the end {values[-1]:.3f}"
            curves.append(Curve(title, note, _draw(title, points, place, is_noisy=key.startswith("loss"))))
    return curves


def _points(history: Sequence[Mapping[str, float | None]], key: str, place: str) -> list[tuple[float, float]]:
    """Place and value of each row that has both."""
    found = [(row.get(place), row.get(key)) for row in history]
    return [(float(x), float(y)) for x, y in found if x is not None and y is not None and math.isfinite(y)]


def _draw(title: str, points: Sequence[tuple[float, float]], place: str, *, is_noisy: bool) -> str:
    from matplotlib.figure import Figure  # here, because it takes a second and only reports need it
    from matplotlib.ticker import MaxNLocator

    x, y = (np.array(values) for values in zip(*points, strict=True))
    figure = Figure(figsize=(4.2, 2.5), layout="constrained")
    axes = figure.add_subplot()
    if is_noisy and len(y) >= 20:
        axes.plot(x, y, color=ACCENT, linewidth=0.8, alpha=0.3)
        y = smoothed(y)
    axes.plot(x, y, color=ACCENT, linewidth=1.8, marker="o" if len(y) <= 12 else "", markersize=3.5)
    axes.set_xlabel(place, color=INK)
    axes.set_xlim(0, 1.01 * float(x.max()))
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.yaxis.set_major_locator(MaxNLocator(5))
    return svg_of(figure, title)


def svg_of(figure: Figure, title: str) -> str:
    """A figure as an `<svg>` element in the style of all pages, the same bytes for the same drawing.

    Args:
        figure: With one pair of axes.
        title: What is drawn; the ids in the drawing are made from it.
    """
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    FigureCanvasSVG(figure)
    for axes in figure.axes:
        axes.grid(axis="y", color=GRID, linewidth=0.7)
        axes.set_axisbelow(True)
        axes.spines[["top", "right", "left"]].set_visible(False)
        axes.spines["bottom"].set_color(GRID)
        axes.tick_params(length=0, labelcolor=INK)
    buffer = io.StringIO()
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": title}):
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    drawn = buffer.getvalue()
    return re.sub(r"<metadata>.*?</metadata>\s*", "", drawn[drawn.index("<svg") :], flags=re.DOTALL)


def smoothed(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Moving average over a twentieth of the values, over fewer at both ends."""
    half = max(1, len(values) // 40)
    sums = np.concatenate([[0.0], np.cumsum(values)])
    place = np.arange(len(values))
    first, last = np.maximum(place - half, 0), np.minimum(place + half + 1, len(values))
    means: NDArray[np.float64] = (sums[last] - sums[first]) / (last - first)
    return means
