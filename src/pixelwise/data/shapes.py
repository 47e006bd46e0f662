"""Shapes as annotation files hold them, and drawing them into a mask.

Polygons are drawn exactly as COCO's own tools draw them (pycocotools, rleFrPoly), so that a mask made here is the mask
that others train and score on. Corners are rounded to a fifth of a pixel. Where the outline, walked in steps of that
length, passes the middle of a column, inside and outside change from the next pixel down whose middle is not above it.
What that walk finds at the middle of each column is computed here directly, for all edges and columns at once.

Coordinates are x and y in pixels from the upper left corner of the image; the middle of the first pixel is (0.5, 0.5).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from pixelwise.errors import DataError
from pixelwise.ops.image_io import MAX_PIXELS

__all__ = ["Bitmap", "Polygon", "Runs", "Shape", "circle", "drawn", "ellipse", "line", "rectangle"]

_STEPS = 5  # per pixel
_MIDDLE = _STEPS // 2  # the step before the middle of a pixel
_FARTHEST = 1e7  # pixels; farther corners are moved here, which changes nothing that could be seen
_FLATNESS = 0.02  # pixels by which a chord may miss its circle
_FEWEST_CORNERS, _MOST_CORNERS = 12, 720


@dataclass(frozen=True, eq=False)
class Polygon:
    """The union of closed outlines; one that crosses itself is hollow where it winds an even number of times.

    Attributes:
        value: What the mask holds inside, 0 to 255.
        rings: `(N, 2)` float64 each, x and y of the corners in order; the last is joined to the first.

    Raises:
        DataError: If a ring is no such array, or a coordinate is not finite.
    """

    value: int
    rings: tuple[NDArray[np.float64], ...]

    def __post_init__(self) -> None:
        for ring in self.rings:
            if ring.ndim != 2 or ring.shape[1] != 2:
                raise DataError(f"an outline has the shape {ring.shape}; pairs of x and y are expected.")
            if not np.isfinite(ring).all():
                raise DataError("an outline holds a coordinate that is not finite.")


@dataclass(frozen=True, eq=False)
class Runs:
    """A mask of the whole image as lengths of runs; see `data.run_length`.

    Attributes:
        value: What the mask holds inside, 0 to 255.
        size: (height, width) of the image.
        counts: `(N,)` whole numbers: pixels outside, inside, outside and so on, down the columns.

    Raises:
        DataError: If the lengths do not add up to the size, or one is negative.
    """

    value: int
    size: tuple[int, int]
    counts: NDArray[np.integer]

    def __post_init__(self) -> None:
        height, width = self.size
        if height < 1 or width < 1 or height * width > MAX_PIXELS:
            raise DataError(f"a run-length code is of size {height} × {width}; that is no size of an image.")
        if self.counts.size and self.counts.min() < 0:
            raise DataError(f"a run-length code holds the negative length {self.counts.min()}.")
        if (self.counts.size and self.counts.max() > MAX_PIXELS) or int(self.counts.sum()) != height * width:
            raise DataError(
                f"the lengths of a run-length code add up to {int(self.counts.sum())} pixels; its size is "
                f"{height} × {width}, which is {height * width}."
            )


@dataclass(frozen=True, eq=False)
class Bitmap:
    """A small mask somewhere in the image; what lies outside the image is cut off.

    Attributes:
        value: What the mask holds inside, 0 to 255.
        top: Row of its first pixel.
        left: Column of its first pixel.
        pixels: `(h, w)` bool.
    """

    value: int
    top: int
    left: int
    pixels: NDArray[np.bool_]


Shape = Polygon | Runs | Bitmap


def rectangle(value: int, left: float, top: float, right: float, bottom: float) -> Polygon:
    """An upright rectangle; the sides may be given in either order."""
    return Polygon(value, (np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float64),))


def circle(value: int, x: float, y: float, radius: float) -> Polygon:
    """A circle around (x, y)."""
    return ellipse(value, x, y, radius, radius)


def ellipse(value: int, x: float, y: float, radius_x: float, radius_y: float, degrees: float = 0.0) -> Polygon:
    """An ellipse around (x, y), turned clockwise as one sees it, with so many corners that none is seen."""
    x, y, radius_x, radius_y = np.clip([x, y, radius_x, radius_y], -_FARTHEST, _FARTHEST).tolist()
    needed = np.pi / np.arccos(1 - _FLATNESS / max(abs(radius_x), abs(radius_y), _FLATNESS))
    corners = int(np.clip(np.ceil(needed), _FEWEST_CORNERS, _MOST_CORNERS))
    angle = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    along, across = radius_x * np.cos(angle), radius_y * np.sin(angle)
    cosine, sine = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    return Polygon(value, (np.stack([x + along * cosine - across * sine, y + along * sine + across * cosine], axis=1),))


def line(value: int, points: Sequence[Sequence[float]] | NDArray[np.float64], width: float) -> Polygon:
    """A line through points, `width` pixels wide, with round ends and bends."""
    path = np.clip(np.asarray(points, np.float64).reshape(-1, 2), -_FARTHEST, _FARTHEST)
    rings = [circle(value, x, y, width / 2).rings[0] for x, y in path.tolist()]
    for start, end in pairwise(path):
        along = end - start
        length = float(np.hypot(*along))
        if length:
            side = np.array([-along[1], along[0]]) * (width / 2 / length)
            rings.append(np.stack([start + side, end + side, end - side, start - side]))
    return Polygon(value, tuple(rings))


def drawn(size: tuple[int, int], shapes: Iterable[Shape]) -> NDArray[np.uint8]:
    """Draw shapes onto a mask of zeros; later ones lie over earlier ones.

    Args:
        size: (height, width) of the image.
        shapes: What to draw.

    Returns:
        `(H, W)` uint8.

    Raises:
        DataError: If a run-length code is of another size.
    """
    height, width = size
    canvas = np.zeros((width, height), np.uint8)  # column by column, as the runs lie
    flat = canvas.reshape(-1)
    for shape in shapes:
        if isinstance(shape, Bitmap):
            _draw_bitmap(canvas, shape)
        elif isinstance(shape, Runs):
            if shape.size != size:
                raise DataError(f"a run-length code is of size {shape.size[0]} × {shape.size[1]}, the image of size "
                                f"{height} × {width}.")  # fmt: skip
            _fill(flat, np.cumsum(shape.counts), shape.value)
        else:
            for ring in shape.rings:
                _fill(flat, _changes(ring, height, width), shape.value)
    return np.ascontiguousarray(canvas.T)


def _draw_bitmap(canvas: NDArray[np.uint8], shape: Bitmap) -> None:
    """Draw a small mask onto a canvas `(W, H)`."""
    width, height = canvas.shape
    rows, columns = shape.pixels.shape
    top, left = max(0, shape.top), max(0, shape.left)
    bottom, right = min(height, shape.top + rows), min(width, shape.left + columns)
    if top < bottom and left < right:
        inside = shape.pixels[top - shape.top : bottom - shape.top, left - shape.left : right - shape.left]
        canvas[left:right, top:bottom][inside.T] = shape.value


def _fill(flat: NDArray[np.uint8], changes: NDArray[np.integer], value: int) -> None:
    """Set the pixels from the first change to the second, from the third to the fourth, and so on."""
    if not changes.size:
        return
    begin, end = int(changes[0]), int(changes[-1])
    inside = np.repeat(np.arange(1, changes.size) % 2 == 1, np.diff(changes))
    np.copyto(flat[begin:end], np.uint8(value), where=inside)
    if changes.size % 2:
        flat[end:] = value


def _changes(ring: NDArray[np.float64], height: int, width: int) -> NDArray[np.int64]:
    """Where inside and outside change along the columns of an image: sorted numbers of pixels, down each column."""
    corners = np.trunc(_STEPS * np.clip(ring, -_FARTHEST, _FARTHEST) + 0.5)
    start, end = corners, np.roll(corners, -1, axis=0)
    extent = np.abs(end - start)
    is_flat = extent[:, 0] >= extent[:, 1]
    major = np.where(is_flat, 0, 1)
    rows = np.arange(len(corners))
    swapped = (start[rows, major] > end[rows, major])[:, None]
    start, end = np.where(swapped, end, start), np.where(swapped, start, end)
    first, last = np.minimum(start[:, 0], end[:, 0]), np.maximum(start[:, 0], end[:, 0])
    low = np.clip(np.ceil((first - _MIDDLE) / _STEPS), 0, width).astype(np.int64)
    high = np.clip(np.floor((last - _MIDDLE - 1) / _STEPS), -1, width - 1).astype(np.int64)
    number = np.maximum(high - low + 1, 0)  # of middles of columns that each edge passes
    edge = np.repeat(rows, number)
    column = np.arange(edge.size) - np.repeat(np.cumsum(number) - number - low, number)
    step = np.where(
        is_flat[edge],
        _step_of_flat(start[edge], end[edge], column),
        _step_of_steep(start[edge], end[edge], column),
    )
    row = np.ceil(np.clip((step + 0.5) / _STEPS - 0.5, 0, height)).astype(np.int64)
    return np.sort(column * height + row)


def _step_of_flat(
    start: NDArray[np.float64], end: NDArray[np.float64], column: NDArray[np.int64]
) -> NDArray[np.float64]:
    """How far down edges that run along x are, in steps, at the middles of columns."""
    slope = (end[:, 1] - start[:, 1]) / np.maximum(end[:, 0] - start[:, 0], 1)
    before = _STEPS * column + _MIDDLE - start[:, 0]
    y = start[:, 1]
    return np.minimum(np.trunc(y + slope * before + 0.5), np.trunc(y + slope * (before + 1) + 0.5))


def _step_of_steep(
    start: NDArray[np.float64], end: NDArray[np.float64], column: NDArray[np.int64]
) -> NDArray[np.float64]:
    """The same of edges that run along y: the last step before they pass the middle."""
    slope = (end[:, 0] - start[:, 0]) / np.maximum(end[:, 1] - start[:, 1], 1)
    rising = slope > 0
    x, after = start[:, 0], _STEPS * column + _MIDDLE + 1
    guess = np.floor((after - 0.5 - x) / np.where(slope == 0, 1, slope)) - 1
    passed = guess
    for ahead in range(3):  # a division may be off by a rounding error; the walk's own sum decides
        reached = np.trunc(x + slope * (guess + ahead) + 0.5) >= after
        passed = passed + (reached != rising)
    step: NDArray[np.float64] = start[:, 1] + passed - 1
    return step
