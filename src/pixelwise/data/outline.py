"""A mask at a small size: enough to see where its objects lie, how thin and how large they are."""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pixelwise.ops.color_codes import packed

__all__ = ["LONGEST", "Outline", "diameters_of", "outline_of", "small_size"]

LONGEST = 128  # pixels of the longer side
_LINES = 64  # rows and columns in which the thickness of things is measured
_BITS = 32  # for the length of a run, below its value
_ROUND = 1.1  # diameter by the chord that a pixel lies in: 1.09 of a disc; 1.13 of a rectangle as large as the disc


@dataclass(frozen=True)
class Outline:
    """A mask at a small size.

    Attributes:
        labels: `(h, w)`, stored values or, where there are colour channels, 0xRRGGBB, by nearest neighbour; the longer
            side is at most `LONGEST`.
        thickness: For each value, the median length in pixels of its runs along rows or along columns, whichever is
            shorter; measured in some of them at full size.
        checksum: Of all pixels: masks of different checksums differ.
    """

    labels: NDArray[np.integer]
    thickness: dict[int, float]
    checksum: int


def outline_of(values: NDArray[np.integer]) -> Outline:
    """The outline of a mask `(H, W)` of numbers, or `(H, W, C)` of colours, as stored."""
    height, width = values.shape[:2]
    small = small_size((height, width))
    rows, columns = _evenly(height, small[0]), _evenly(width, small[1])
    along, down = _crossings(values)
    beyond = (np.inf, np.inf)
    thickness = {
        value: min(along.get(value, beyond)[0], down.get(value, beyond)[0]) for value in along.keys() | down.keys()
    }
    checksum = zlib.crc32(np.ascontiguousarray(values).data)
    return Outline(_numbers(values[rows][:, columns]), thickness, checksum)


def diameters_of(values: NDArray[np.integer]) -> dict[int, float]:
    """How large what a mask shows is: for each value, the diameter in pixels of a disc as large as its typical area.

    It is told from the runs of the value along some rows and columns at full size. Each run counts by its length, so
    that it is the size that a pixel of the value typically lies in, and crumbs beside large areas count for little.

    Args:
        values: A mask `(H, W)` of numbers, or `(H, W, C)` of colours, as stored.
    """
    along, down = _crossings(values)
    return {value: _ROUND * math.sqrt(along[value][1] * down[value][1]) for value in along.keys() & down.keys()}


def small_size(size: tuple[int, int], longest: int = LONGEST) -> tuple[int, int]:
    """A size (height, width) at which the longer side is no longer than `longest`; smaller ones stay as they are.

    >>> small_size((360, 480), 128), small_size((5, 7), 128)
    ((96, 128), (5, 7))
    """
    scale = min(1.0, longest / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _evenly(side: int, count: int) -> NDArray[np.int64]:
    """The middles of `count` equal parts of a side."""
    middles: NDArray[np.int64] = ((np.arange(count) + 0.5) * side / count).astype(np.int64)
    return middles


def _numbers(values: NDArray[np.integer]) -> NDArray[np.integer]:
    """`(h, w)`: the stored numbers, or colours as numbers."""
    if values.ndim == 2:
        return values
    if values.shape[2] < 3:
        return values[..., 0]
    codes: NDArray[np.integer] = packed(values).astype(np.int32)
    return codes


def _crossings(values: NDArray[np.integer]) -> tuple[dict[int, tuple[float, float]], dict[int, tuple[float, float]]]:
    """The runs of each value along some rows, and along some columns; see `_runs`."""
    height, width = values.shape[:2]
    along = _runs(_numbers(values[_evenly(height, min(height, _LINES))]))
    return along, _runs(_numbers(values[:, _evenly(width, min(width, _LINES))]).T)


def _runs(lines: NDArray[np.integer]) -> dict[int, tuple[float, float]]:
    """The runs of each value along the rows of `(n, length)`: their median length, and that in which a pixel lies."""
    length = lines.shape[1]
    starts = np.ones(lines.shape, bool)
    starts[:, 1:] = lines[:, 1:] != lines[:, :-1]
    places = np.flatnonzero(starts)
    lengths = np.diff(np.append(places, lines.size))
    values = lines.reshape(-1)[places].astype(np.int64)
    runs = np.sort(values << _BITS | lengths)  # by value, then by length
    values, lengths = runs >> _BITS, runs & (1 << _BITS) - 1
    firsts = np.append(0, np.flatnonzero(values[1:] != values[:-1]) + 1)
    if len(firsts) > length:  # no classes: numbers of objects, or a photograph
        return {}
    counts = np.diff(np.append(firsts, len(runs)))
    medians = (lengths[firsts + (counts - 1) // 2] + lengths[firsts + counts // 2]) / 2
    ends = np.cumsum(lengths)
    before = ends[firsts] - lengths[firsts]
    halves = (before + ends[firsts + counts - 1] + 1) // 2  # where half of a value's pixels are passed
    around = lengths[np.searchsorted(ends, halves)].astype(np.float64)
    return dict(zip(values[firsts].tolist(), zip(medians.tolist(), around.tolist(), strict=True), strict=True))
