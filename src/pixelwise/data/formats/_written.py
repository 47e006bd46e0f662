"""What formats share that write a data set: its images, and its masks as class indices."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pixelwise.data.classes import Classes
from pixelwise.data.formats._index_folders import write_image
from pixelwise.data.numbers import read_target
from pixelwise.data.pairs import Pair

__all__ = ["class_indices", "written_images"]


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
