"""The loss over the learning rate, and the rates that it suggests.

The four suggestions are those of fastai 2.8, number for number; `valley` is by ESRI, `slide` by Novetta.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pixelwise.errors import RunError, unknown_name
from pixelwise.reports.curves import ACCENT, GRID, INK
from pixelwise.reports.plots import as_picture, new_figure

__all__ = ["RateCurve", "minimum", "slide", "steep", "valley"]

_Numbers = NDArray[np.float32]

_SKIPPED_AT_END = 5  # losses, which are those of a network that breaks
_SLIDE = 15  # width of the interval that slides
_FLAT = 0.005  # difference of gradients below which it stops
_COLORS = ("#c8553d", "#588157", "#e09f3e", "#7b5ea7")


class RateCurve:
    """What `lr_find` found: the smoothed loss over the learning rate.

    Args:
        rates: Learning rate of each step.
        losses: Smoothed loss after each step; nan from where it ceased to be a number.
        num_it: How many steps were asked for.
        suggestions: Which rates to mark in the plot.

    Attributes:
        rates: As given, float32.
        losses: As given, float32.

    Raises:
        SettingError: If there is no suggestion of a name.
    """

    def __init__(
        self,
        rates: Sequence[float],
        losses: Sequence[float],
        num_it: int,
        suggestions: Sequence[str] = ("valley",),
    ) -> None:
        for name in suggestions:
            if name not in _SUGGESTIONS:
                raise unknown_name("suggestion of a learning rate", name, _SUGGESTIONS)
        self.rates: _Numbers = np.asarray(rates, dtype=np.float32)
        self.losses: _Numbers = np.asarray(losses, dtype=np.float32)
        self.suggestions = tuple(suggestions)
        self._first = num_it // 10

    @property
    def valley(self) -> float:
        """Two thirds down the longest fall of the loss: the usual choice."""
        return self._suggested("valley")

    @property
    def slide(self) -> float:
        """Where an interval that slides down from the highest rates meets an even slope."""
        return self._suggested("slide")

    @property
    def minimum(self) -> float:
        """A tenth of the rate with the smallest loss."""
        return self._suggested("minimum")

    @property
    def steep(self) -> float:
        """Where the loss falls most steeply."""
        return self._suggested("steep")

    def plot(self, suggestions: Sequence[str] | None = None) -> Image.Image:
        """Draw the curve without its last five steps, and mark suggested rates.

        Args:
            suggestions: Which; None takes those that were asked for.
        """
        rates, losses = self.rates[:-_SKIPPED_AT_END], self.losses[:-_SKIPPED_AT_END]
        figure, (axes,) = new_figure()
        axes.plot(rates, losses, color=ACCENT, linewidth=1.8)
        for name, color in zip(self.suggestions if suggestions is None else suggestions, _COLORS, strict=False):
            rate = self._suggested(name)
            loss = np.interp(np.log10(rate), np.log10(rates), losses)
            axes.plot(rate, loss, "o", color=color, label=f"{name} {rate:.1e}")
        axes.set_xscale("log")
        axes.set_xlabel("Learning rate", color=INK)
        axes.set_ylabel("Loss", color=INK)
        axes.grid(axis="y", color=GRID, linewidth=0.7)
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False)
        return as_picture(figure)

    def __repr__(self) -> str:
        names = dict.fromkeys((*self.suggestions, *_SUGGESTIONS))
        return f"RateCurve({', '.join(f'{name}={self._shown(name)}' for name in names)})"

    def _repr_png_(self) -> bytes:
        buffer = io.BytesIO()
        self.plot().save(buffer, format="PNG")
        return buffer.getvalue()

    def _shown(self, name: str) -> str:
        """A suggestion with three digits, or that it has too few losses to be made from."""
        try:
            return f"{self._suggested(name):.2e}"
        except RunError:
            return "too few steps"

    def _suggested(self, name: str) -> float:
        suggest, least = _SUGGESTIONS[name]
        rates, losses = (values[self._first : -_SKIPPED_AT_END] for values in (self.rates, self.losses))
        is_number = np.isfinite(losses)
        if not is_number.all():
            rates, losses = rates[: is_number.argmin()], losses[: is_number.argmin()]
        if len(losses) < least:
            raise RunError(
                f"The search for a learning rate has {len(losses)} losses between its first tenth and its last five, "
                f"but '{name}' needs {least}. Take more steps (num_it), a higher end or a lower start."
            )
        return suggest(rates, losses)


def valley(rates: _Numbers, losses: _Numbers) -> float:
    """The rate at two thirds, rounded down by parts, of the longest falling subsequence of the losses."""
    lengths = [1] * len(losses)
    first = last = 0
    for right in range(1, len(losses)):
        for left in range(right):
            if losses[right] < losses[left] and lengths[right] <= lengths[left]:
                lengths[right] = lengths[left] + 1
            if lengths[right] > lengths[last]:
                last = right
                first = right - lengths[right]
    third = (last - first) / 3
    return float(rates[first + int(third) + int(third / 2)])


def slide(rates: _Numbers, losses: _Numbers) -> float:
    """The rate at the left of an interval of 15 steps, which slides left until its two ends have nearly one slope."""
    slopes = np.gradient(losses)
    right = len(losses) - 1
    left = right - _SLIDE
    rate = rates[left]
    while left >= 0 and abs(slopes[right] - slopes[left]) > _FLAT:
        rate = rates[left]
        left, right = left - 1, right - 1
    return float(rate)


def minimum(rates: _Numbers, losses: _Numbers) -> float:
    """A tenth of the rate with the smallest loss."""
    return float(rates[losses.argmin()]) / 10


def steep(rates: _Numbers, losses: _Numbers) -> float:
    """The rate where the loss falls most over the logarithm of the rate."""
    return float(rates[(np.diff(losses) / np.diff(np.log(rates))).argmin()])


_SUGGESTIONS: dict[str, tuple[Callable[[_Numbers, _Numbers], float], int]] = {
    "valley": (valley, 2),
    "slide": (slide, _SLIDE + 1),
    "minimum": (minimum, 1),
    "steep": (steep, 2),
}
"""How each rate is suggested, and how many losses that needs."""
