"""Masks that lie beside what they show, all in the same direction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from pixelwise.data.checks._alignment import REACH, Aligned, agreement, evidence, to_align
from pixelwise.data.checks._base import Check, Finding, Severity, Survey
from pixelwise.data.checks._words import masks_of

__all__ = ["CHECK"]

_LEAST = 1.5  # pixels of an outline: less is the taste of who drew
_TELLABLE = 0.75  # of one direction
_SAME = 1.5  # by which the halves of the data may disagree


def run(survey: Survey) -> Iterator[Finding]:
    """One finding, where nearly all masks agree better with their images when moved in one way."""
    pairs = to_align(survey)
    if not pairs:
        return
    surfaces = np.stack([agreement(one, one.borders) for one in pairs])
    offset = _peak(surfaces)
    halves = [_peak(surfaces[::2]), _peak(surfaces[1::2])] if len(pairs) > 1 else [offset]
    distance = float(np.hypot(*offset))
    if (
        distance < _LEAST
        or max(map(abs, offset)) >= REACH
        or any(np.hypot(*(half - offset)) > _SAME for half in halves)
    ):
        return
    down, right = (round(float(part)) for part in offset)
    here = _window(surfaces, 0, 0)
    there = _window(surfaces, down, right)
    if evidence(there.tolist(), here.tolist()):
        yield _finding(offset, pairs)


def _peak(surfaces: NDArray[np.float32]) -> NDArray[np.float64]:
    """(down, right) at which borders and edges agree best on average, between pixels by a parabola."""
    mean = surfaces.mean(axis=0)
    row, column = (int(place) for place in np.unravel_index(int(mean.argmax()), mean.shape))
    if not (0 < row < 2 * REACH and 0 < column < 2 * REACH):
        return np.array([row - REACH, column - REACH], np.float64)
    down = _top(mean[row - 1 : row + 2, column])
    right = _top(mean[row, column - 1 : column + 2])
    return np.array([row - REACH + down, column - REACH + right], np.float64)


def _top(three: NDArray[np.float32]) -> float:
    """Where the parabola through three values is highest, from the middle one."""
    before, middle, after = (float(value) for value in three)
    bend = before - 2 * middle + after
    return 0.0 if bend >= 0 else 0.5 * (before - after) / bend


def _window(surfaces: NDArray[np.float32], down: int, right: int) -> NDArray[np.float32]:
    """The best agreement of each pair within a pixel of an offset."""
    row, column = REACH + down, REACH + right
    best: NDArray[np.float32] = surfaces[:, row - 1 : row + 2, column - 1 : column + 2].max(axis=(1, 2))
    return best


def _finding(offset: NDArray[np.float64], pairs: Sequence[Aligned]) -> Finding:
    """What to say of an offset."""
    scale = float(np.median([one.scale for one in pairs]))
    words = (("down", "up"), ("to the right", "to the left"))
    parts = [
        f"{abs(part) * scale:.0f} pixels {positive if part > 0 else negative}"
        for part, (positive, negative) in zip(offset, words, strict=True)
        if abs(part) >= _TELLABLE
    ]
    return Finding(
        Severity.HARMS,
        f"The masks seem to be shifted by about {' and '.join(parts)}: there, their borders would lie on the edges of "
        f"nearly all of the {len(pairs)} images looked at.",
        "The network learns borders beside the objects, and is scored by them.",
        "Lay some masks over their images; move all masks back by as much, or export them again without the margin.",
        masks_of([one.pair for one in pairs]),
        len(pairs),
    )


CHECK = Check(run, "masks that are shifted against their images", looks=True)
