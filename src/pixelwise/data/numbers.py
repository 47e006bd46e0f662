"""The mask of a pair as numbers that its classes know."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pixelwise.data.classes import Classes
from pixelwise.data.pairs import Pair
from pixelwise.errors import DataError

__all__ = ["read_numbers"]


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
