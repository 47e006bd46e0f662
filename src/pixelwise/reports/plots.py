"""Plots as pictures, which a notebook shows and a file keeps."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from pixelwise.reports.curves import ACCENT, GRID, INK, smoothed

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["as_picture", "new_figure", "plot_history"]

_TITLES = {
    "loss": "Training loss",
    "miou": "Validation mIoU",
    "learning_rate": "Learning rate",
    "momentum": "Momentum",
}
_FEW = 12  # points, up to which each is marked
_MANY = 20  # points, from which on a loss is drawn smoothed, too


def new_figure(panels: int = 1, *, width: float = 5.0, height: float = 3.2) -> tuple[Figure, list[Axes]]:
    """A figure with panels side by side, each `width` × `height` inches; it is nowhere registered."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # here, because it takes a second
    from matplotlib.figure import Figure

    figure = Figure(figsize=(panels * width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure, [figure.add_subplot(1, panels, panel + 1) for panel in range(panels)]


def as_picture(figure: Figure, *, dpi: int = 110) -> Image.Image:
    """Draw a figure as an RGB picture."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=dpi, facecolor="white")
    return Image.open(buffer).convert("RGB")


def plot_history(history: Sequence[Mapping[str, float]], keys: Sequence[str], *, place: str = "step") -> Image.Image:
    """Draw quantities of a history over the steps of all its fits, one panel each.

    Args:
        history: Rows with `fit`, `step` and further quantities, in order.
        keys: Which of them; one that no row has is left out, unless none is left.
        place: What steps are called below the plot.
    """
    from matplotlib.ticker import MaxNLocator

    steps = _steps_in_all(history)
    present = [key for key in keys if any(key in row for row in history)] or list(keys[:1])
    figure, panels = new_figure(len(present))
    for axes, key in zip(panels, present, strict=True):
        points = [(step, row[key]) for step, row in zip(steps, history, strict=True) if key in row]
        x, y = np.array([place for place, _ in points]), np.array([value for _, value in points])
        is_smoothed = key.startswith("loss") and len(y) >= _MANY
        width, alpha = (0.8, 0.3) if is_smoothed else (1.8, 1.0)
        axes.plot(x, y, color=ACCENT, linewidth=width, alpha=alpha, marker="o" if len(y) <= _FEW else "", markersize=4)
        if is_smoothed:
            axes.plot(x, smoothed(y), color=ACCENT, linewidth=1.8)
        axes.set_title(_TITLES.get(key, key), color=INK, fontsize=10)
        axes.set_xlabel(place, color=INK)
        if len(x):
            axes.set_xlim(0, (1.02 if len(x) > 1 else 2) * x.max())  # a single point stands in the middle
        axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
        axes.grid(axis="y", color=GRID, linewidth=0.7)
        axes.spines[["top", "right"]].set_visible(False)
    return as_picture(figure)


def _steps_in_all(history: Sequence[Mapping[str, float]]) -> list[float]:
    """The step of each row, counted through all fits."""
    steps, before, last = [], 0.0, 0.0
    fit: float | None = None
    for row in history:
        if row.get("fit") != fit:
            before, fit = before + last, row.get("fit")
        last = row["step"]
        steps.append(before + last)
    return steps
