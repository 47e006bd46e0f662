"""The curves of a training, as SVG."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["ACCENT", "GRID", "INK", "Curve", "learning_curves"]

# A page may replace these words in the SVG with variables of its own.
INK = "#5b6270"
GRID = "#d9dce1"
ACCENT = "#1f6f8b"


@dataclass(frozen=True)
class Curve:
    """One quantity of a training over the epochs.

    Attributes:
        title: What is drawn.
        last: Its last value.
        svg: The drawing, an `<svg>` element.
    """

    title: str
    last: float
    svg: str


def learning_curves(history: Sequence[Mapping[str, float | None]]) -> list[Curve]:
    """Draw loss, mIoU and learning rate over the epochs, those that there are.

    The loss is drawn twice: as logged, faintly, and smoothed over a twentieth of the training.

    Args:
        history: The rows of `metrics.jsonl`, in order: `epoch` (or `step`) and any of `loss`, `miou` and
            `learning_rate`.
    """
    wanted = {"loss": "Training loss", "miou": "Validation mIoU", "learning_rate": "Learning rate"}
    curves = []
    for key, title in wanted.items():
        points = _points(history, key)
        if len(points) >= 2:
            curves.append(Curve(title, points[-1][1], _draw(title, points, is_noisy=key == "loss")))
    return curves


def _points(history: Sequence[Mapping[str, float | None]], key: str) -> list[tuple[float, float]]:
    """Epoch (or step) and value of each row that has both."""
    places = [(row.get("epoch", row.get("step")), row.get(key)) for row in history]
    return [(float(x), float(y)) for x, y in places if x is not None and y is not None and math.isfinite(y)]


def _draw(title: str, points: Sequence[tuple[float, float]], *, is_noisy: bool) -> str:
    import matplotlib as mpl  # here, because it takes a second and only reports need it
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    x, y = (np.array(values) for values in zip(*points, strict=True))
    figure = Figure(figsize=(4.2, 2.5), layout="constrained")
    FigureCanvasSVG(figure)
    axes = figure.add_subplot()
    if is_noisy and len(y) >= 20:
        axes.plot(x, y, color=ACCENT, linewidth=0.8, alpha=0.3)
        y = _smoothed(y)
    axes.plot(x, y, color=ACCENT, linewidth=1.8, marker="o" if len(y) <= 12 else "", markersize=3.5)
    axes.set_xlabel("epoch", color=INK)
    axes.grid(axis="y", color=GRID, linewidth=0.7)
    axes.set_axisbelow(True)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.spines["bottom"].set_color(GRID)
    axes.tick_params(length=0, labelcolor=INK)
    axes.margins(x=0.02)
    buffer = io.StringIO()
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": title}):
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    drawn = buffer.getvalue()
    return re.sub(r"<metadata>.*?</metadata>\s*", "", drawn[drawn.index("<svg") :], flags=re.DOTALL)


def _smoothed(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Moving average over a twentieth of the values, over fewer at both ends."""
    half = max(1, len(values) // 40)
    sums = np.concatenate([[0.0], np.cumsum(values)])
    place = np.arange(len(values))
    first, last = np.maximum(place - half, 0), np.minimum(place + half + 1, len(values))
    smoothed: NDArray[np.float64] = (sums[last] - sums[first]) / (last - first)
    return smoothed
