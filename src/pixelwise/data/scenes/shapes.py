"""Outlines, pieces of faces, and noise."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from PIL import Image

from pixelwise.data.scenes.view import Floats

__all__ = ["cuts", "noise_at", "ring", "upright", "window"]

_ACROSS, _UP = np.asarray([0, 1, 1, 0]), np.asarray([2, 2, 3, 3])


def window(middle: float, reach: float, size: int) -> tuple[int, int]:
    """The first pixel, and the one after the last, within `reach` of a place on an axis of `size` pixels."""
    return min(max(int(middle - reach), 0), size), min(max(int(middle + reach), 0), size)


def upright(x: float, z: float, outline: Floats) -> Floats:
    """Stand flat outlines `(..., 2)` of (right, up) metres at a place of the street, facing the eye: `(..., 3)`."""
    points = np.empty((*outline.shape[:-1], 3))
    points[..., 0] = outline[..., 0] + x
    points[..., 1] = outline[..., 1]
    points[..., 2] = z
    return points


def ring(
    x: float, y: float, across: float, up: float, count: int = 12, *, start: float = 0.0
) -> list[tuple[float, float]]:
    """The corners of an ellipse around (x, y), clockwise from its top; `start` turns it by a share of a corner."""
    turns = ((np.arange(count) + start) / count * 2 * np.pi).tolist()
    return [(x + across * math.sin(turn), y + up * math.cos(turn)) for turn in turns]


def cuts(rectangles: npt.ArrayLike) -> Floats:
    """What to multiply the four corners of a face with, so that rectangles are cut out of it.

    Args:
        rectangles: `(N, 4)`: start, end, bottom, top, as fractions of the face.

    Returns:
        `(N, 4, 4)`; `cuts(rectangles) @ face` are the corners `(N, 4, 3)` of the pieces of a face `(4, 3)` that is
        given by bottom start, bottom end, top end, top start.
    """
    edges = np.asarray(rectangles, dtype=np.float64).reshape(-1, 4)
    s, t = edges[:, _ACROSS], edges[:, _UP]
    shares = np.empty((len(edges), 4, 4))
    shares[..., 2] = s * t
    shares[..., 1] = s - shares[..., 2]
    shares[..., 3] = t - shares[..., 2]
    shares[..., 0] = 1 - s - shares[..., 3]
    return shares


def noise_at(x: Floats, y: Floats) -> Floats:
    """Smooth noise in [0, 1] with detail at every scale, the same for ever; its largest spots are about 1 wide."""
    tile = _noise_tile()
    side = len(tile)
    column = (x * (side / 8)).astype(np.intp) & (side - 1)
    row = (y * (side / 8)).astype(np.intp) & (side - 1)
    return tile.ravel().take(row * side + column)


@lru_cache(maxsize=1)
def _noise_tile(side: int = 512, octaves: int = 6) -> Floats:
    """A square of noise that repeats without a seam."""
    rng = np.random.default_rng(20)
    total = np.zeros((side, side))
    for octave in range(octaves):
        cells = 8 * 2**octave
        grid = np.pad(rng.random((cells, cells), dtype=np.float32), 2, mode="wrap")
        step = side // cells
        large = Image.fromarray(grid).resize((len(grid) * step,) * 2, Image.Resampling.BICUBIC)
        total += np.asarray(large)[2 * step : -2 * step, 2 * step : -2 * step] * 0.55**octave
    low, high = np.quantile(total, [0.01, 0.99])
    return np.clip((total - low) / (high - low), 0, 1).astype(np.float32)
