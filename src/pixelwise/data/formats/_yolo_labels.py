"""One file of labels of YOLO: a line per object, its class and its outline in shares of width and height."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pixelwise.data.formats._nodes import read_text, shortened
from pixelwise.data.pairs import Pair, Source
from pixelwise.data.shapes import Polygon, drawn
from pixelwise.errors import DataError
from pixelwise.ops.image_io import StoredImage

__all__ = ["YoloMasks"]

_MAX_BYTES = 50_000_000
_BOX = 5  # numbers of a line that is a box
_FEWEST = 7  # a class and three corners
_TOLERANCE = 0.01  # by which an outline may leave the image, as rounding makes it


class YoloMasks(Source):
    """Masks that are drawn from files of labels, when they are asked for; where there is no file, there is no object.

    Args:
        values: The number in a mask of each class in the files.
    """

    def __init__(self, values: Mapping[int, int]) -> None:
        self._values = values

    def stored(self, pair: Pair) -> StoredImage:
        """The mask of an image, `(H, W)` uint8.

        Raises:
            DataError: If a line is no outline of a known class.
        """
        size = self.head(pair).size
        shapes = () if pair.target is None or not pair.target.exists() else _polygons(pair.target, size, self._values)
        return StoredImage(drawn(size, shapes), "L")


def _polygons(file: Path, size: tuple[int, int], values: Mapping[int, int]) -> Iterator[Polygon]:
    """The outlines of a file in pixels, in their order."""
    height, width = size
    for number, line in enumerate(read_text(file, _MAX_BYTES, "label").splitlines(), start=1):
        if line.strip():
            place = f"{file}, line {number}"
            words = line.split()
            ring = _ring(words, place)
            yield Polygon(_value(words[0], values, place), (ring * (width, height),))


def _ring(words: list[str], place: str) -> NDArray[np.float64]:
    """The outline of a line, `(N, 2)`, 0 to 1."""
    if len(words) == _BOX:
        raise DataError(
            f"{place} holds a box (a class and 4 numbers), which does not say which pixels belong to the object. "
            "Segmentation needs outlines: export the data for segmentation, or draw these."
        )
    if len(words) < _FEWEST or len(words) % 2 == 0:
        raise DataError(
            f"{place} holds {len(words)} numbers; a class and the x and y of at least three corners are expected."
        )
    try:
        numbers = np.array([float(word) for word in words[1:]])
    except ValueError as error:
        raise DataError(f"{place} holds something that is no number ({shortened(str(error))}).") from error
    outside = ~((numbers >= -_TOLERANCE) & (numbers <= 1 + _TOLERANCE))
    if outside.any():
        raise DataError(
            f"{place} holds the coordinate {words[1 + int(np.flatnonzero(outside)[0])]}; shares of the width and the "
            "height of the image are expected, 0 to 1."
        )
    ring: NDArray[np.float64] = np.clip(numbers, 0, 1).reshape(-1, 2)
    return ring


def _value(word: str, values: Mapping[int, int], place: str) -> int:
    """The number in a mask of the class that a line begins with."""
    try:
        value = values.get(int(float(word))) if float(word).is_integer() else None
    except ValueError:
        value = None
    if value is None:
        known = f"{min(values)} to {max(values)}"
        raise DataError(f"{place} begins with {shortened(word)}; the number of a class is expected, {known}.")
    return value
