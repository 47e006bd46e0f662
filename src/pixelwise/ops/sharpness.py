"""How much detail a picture holds, and how plainly the blocks of JPEG stand out in it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from pixelwise.ops.shift import hann_window

__all__ = ["blockiness", "detail", "luminance"]

_LUMA = np.array([0.299, 0.587, 0.114], np.float32)
_BLOCK = 8  # pixels of a block of JPEG
_LEAST_SIDE = 32  # pixels, below which a spectrum says nothing
_LEAST_ENERGY = 1e-3  # of the band that detail is compared with, in squared shades: below it a picture shows nothing
_WIDE, _FINE = 0.25, 0.55  # of the highest frequency: from where, and up to where, what is there in any case lies


def luminance(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The brightness of `(H, W, 3)` RGB, `(H, W)` from 0 to 255."""
    grey: NDArray[np.float32] = pixels.astype(np.float32) @ _LUMA
    return grey


def detail(grey: NDArray[np.float32]) -> float | None:
    """The energy of the finest frequencies beside that of the next coarser ones.

    A photograph at its own size has about a tenth there, and one that was enlarged twice next to nothing, whatever it
    shows: what is compared lies within the same picture.

    Args:
        grey: `(H, W)`, 0 to 255.

    Returns:
        The ratio; None where the picture is too small, or too smooth, to tell.
    """
    height, width = grey.shape
    if min(height, width) < _LEAST_SIDE:
        return None
    energy = np.abs(fft.rfft2((grey - grey.mean()) * hann_window((height, width)))) ** 2
    down, across = np.abs(fft.fftfreq(height) * 2)[:, None], fft.rfftfreq(width)[None] * 2
    place = np.maximum(down, across)
    middle, fine = place >= _WIDE, place >= _FINE
    coarse = float(energy[middle & ~fine].mean())
    if coarse / (height * width) < _LEAST_ENERGY:
        return None
    return float(energy[fine].mean()) / coarse


def blockiness(grey: NDArray[np.float32]) -> float:
    """How much larger the steps between the blocks of JPEG are than all others, wherever the blocks begin.

    Args:
        grey: `(H, W)`, 0 to 255.

    Returns:
        About 1 where there are no blocks; the smaller of what rows and columns say.
    """
    return min(_steps(grey), _steps(grey.T))


def _steps(grey: NDArray[np.float32]) -> float:
    """By how much the largest of the eight mean steps beyond those beside them exceeds the second largest.

    Not the median: enlarging by a whole factor leaves several such places in every eight columns.
    """
    if grey.shape[1] < 4 * _BLOCK:
        return 1.0
    step = np.abs(np.diff(grey, axis=1))
    bend = (step[:, 1:-1] - (step[:, :-2] + step[:, 2:]) / 2).mean(axis=0)
    second, largest = np.sort([bend[place::_BLOCK].mean() for place in range(_BLOCK)])[-2:]
    return 1.0 + float(largest - second) / max(float(step.mean()), 1e-6)
