"""The mask of a pair as numbers that its classes know, and as indices of classes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pixelwise.data.classes import Classes
from pixelwise.data.pairs import Pair
from pixelwise.errors import DataError
from pixelwise.ops.labels import IGNORE_INDEX

__all__ = ["encoded", "read_numbers", "read_target"]


def read_numbers(pair: Pair, classes: Classes) -> NDArray[np.integer]:
    """Read the mask of a pair, `(H, W)`, as `classes.encode` takes it.

    Raises:
        DataError: If there is none, it cannot be read, or it holds colours where the classes are numbers.
    """
    stored = pair.read_stored()
    values = stored.values
    if classes.colored and stored.palette is not None:
        if values.max(initial=0) >= len(stored.palette):
            raise DataError(
                f"{pair.target} has pixels of index {values.max()}, and a palette of {len(stored.palette)} colours; "
                "the classes are colours, so each pixel needs one. Save the mask with its whole palette, or as RGB."
            )
        values = np.array(stored.palette, dtype=np.uint8)[values]
    try:
        return classes.numbers(values)
    except DataError as error:
        raise DataError(f"{pair.target}: {error}") from error


def read_target(pair: Pair, classes: Classes) -> NDArray[np.uint8]:
    """Read the mask of a pair as class indices, `(H, W)`; 255 is ignored, and so is where the image is missing.

    Raises:
        DataError: If there is none, it cannot be read, or holds values that are no class.
    """
    return encoded(read_numbers(pair, classes), pair.read_missing(), pair, classes)


def encoded(
    numbers: NDArray[np.integer], missing: NDArray[np.bool_] | None, pair: Pair, classes: Classes
) -> NDArray[np.uint8]:
    """Class indices `(H, W)` of a mask that has been read; 255 where the image is missing, whatever the mask says.

    Args:
        numbers: `(H, W)`, as `read_numbers` gives them.
        missing: `(H, W)`: where the image is missing; None: nowhere.
        pair: For messages.
        classes: How the mask stores the classes.

    Raises:
        DataError: If the mask holds values that are no class.
    """
    if missing is not None and missing.shape == numbers.shape:
        numbers = np.where(
            missing, np.int64(classes.values[0]), numbers
        )  # which the mask's own type may be too small for
    try:
        index = classes.encode(numbers)
    except DataError as error:
        raise DataError(f"{pair.target}: {error}") from error
    if missing is not None and missing.shape == numbers.shape:
        index[..., missing] = IGNORE_INDEX
    return index
