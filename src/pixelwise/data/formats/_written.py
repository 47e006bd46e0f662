"""What formats share that write a data set: its images, and its masks as class indices."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pixelwise.data.classes import Classes
from pixelwise.data.formats._index_folders import write_image
from pixelwise.data.numbers import read_target
from pixelwise.data.pairs import Pair

__all__ = ["Region", "class_indices", "regions", "written_images"]


@dataclass(frozen=True, eq=False)
class Region:
    """The pixels of one class in a mask.

    Attributes:
        value: Class index, or 255 where it is ignored.
        pixels: `(H, W)`, those that belong to it; some do.
        top: First row that holds any.
        left: First column that holds any.
        height: Rows from there to the last.
        width: Columns from there to the last.
    """

    value: int
    pixels: NDArray[np.bool_]
    top: int
    left: int
    height: int
    width: int


def written_images(pairs: Sequence[Pair], folder: Path) -> Iterator[tuple[Pair, Path]]:
    """Write images into a folder, one after the other: files byte for byte, others as PNG.

    Two of one name (without endings, which masks would share) get numbers: `a.jpg`, `a-2.jpg`.

    Yields:
        Each pair with the file that its image was written to.

    Raises:
        DataError: If an image cannot be read.
        OutputError: If one cannot be written.
    """
    taken: set[str] = set()
    for pair in pairs:
        stem, number = pair.name, 1
        while stem.lower() in taken:
            number += 1
            stem = f"{pair.name}-{number}"
        taken.add(stem.lower())
        yield pair, write_image(pair, folder / stem)


def class_indices(pair: Pair, classes: Classes) -> NDArray[np.uint8]:
    """The mask of a pair, `(H, W)`: class indices, and 255 where it is ignored.

    Raises:
        DataError: If it cannot be read, or holds values that are no class.
    """
    return read_target(pair, classes)


def regions(index: NDArray[np.uint8]) -> Iterator[Region]:
    """The classes but the first that occur in a mask `(H, W)` of class indices, and what is ignored."""
    for value in np.unique(index).tolist():
        if value:
            pixels = index == value
            rows, columns = np.flatnonzero(pixels.any(axis=1)), np.flatnonzero(pixels.any(axis=0))
            top, left = int(rows[0]), int(columns[0])
            yield Region(value, pixels, top, left, int(rows[-1]) + 1 - top, int(columns[-1]) + 1 - left)
