"""By how many pixels one picture lies beside another of the same scene.

Phase correlation as in Kuglin and Hines: "The phase correlation image alignment method", 1975.

Differs from it: the highest peak counts only if it stands out far beyond all others, and if the pictures, moved by that
much, are more alike than where they lie; pictures that do not show the same have no such peak.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import fft

__all__ = ["hann_window", "shift_between"]

_LEAST_SIDE = 32  # pixels
_FARTHEST = 0.25  # of a side
_STANDS_OUT = 2.0  # times the highest value that is no neighbour of the peak; of unrelated pictures hardly above 1
_LEAST_SPREAD = 3.0  # shades of standard deviation


@lru_cache(maxsize=32)
def hann_window(size: tuple[int, int]) -> NDArray[np.float32]:
    """`(H, W)`: 1 in the middle and 0 at the rim, so that the rim makes no edges in a spectrum."""
    window: NDArray[np.float32] = np.outer(*(np.hanning(side) for side in size)).astype(np.float32)
    return window


def shift_between(first: NDArray[np.float32], second: NDArray[np.float32]) -> tuple[int, int]:
    """Rows and columns by which what the second shows lies further down and right than in the first.

    Args:
        first: `(H, W)`, shades from 0 to 255.
        second: The same.

    Returns:
        (0, 0) unless there is strong evidence of anything else.
    """
    none = 0, 0
    if first.shape != second.shape or min(first.shape) < _LEAST_SIDE or min(first.std(), second.std()) < _LEAST_SPREAD:
        return none
    size = first.shape[0], first.shape[1]
    left, right = (fft.rfft2((grey - grey.mean()) * hann_window(size)) for grey in (first, second))
    product = right * np.conj(left)
    surface = fft.irfft2(product / np.maximum(np.abs(product), 1e-6), s=size)
    row, column = (int(place) for place in np.unravel_index(int(np.argmax(surface)), size))
    down, across = (place - side * (place > side // 2) for place, side in zip((row, column), size, strict=True))
    if (down, across) == none or abs(down) > _FARTHEST * size[0] or abs(across) > _FARTHEST * size[1]:
        return none
    peak = surface[row, column]
    near = np.ix_([(row + i) % size[0] for i in (-1, 0, 1)], [(column + i) % size[1] for i in (-1, 0, 1)])
    surface[near] = 0
    if peak < _STANDS_OUT * surface.max():
        return none
    return (down, across) if _alike(first, second, down, across) > _alike(first, second, 0, 0) else none


def _alike(first: NDArray[np.float32], second: NDArray[np.float32], down: int, across: int) -> float:
    """The correlation of two pictures where they overlap once the second is moved back."""
    height, width = first.shape
    a = first[max(0, -down) : height - max(0, down), max(0, -across) : width - max(0, across)]
    b = second[max(0, down) : height - max(0, -down), max(0, across) : width - max(0, -across)]
    a, b = a - a.mean(), b - b.mean()
    return float((a * b).sum() / max(float(np.sqrt((a * a).sum() * (b * b).sum())), 1e-6))
