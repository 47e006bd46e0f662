"""Colours of classes that lie over each other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["blended"]


def blended(
    planes: NDArray[np.integer], colors: Sequence[Sequence[int]]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Mix the colours of the classes of each pixel to equal parts.

    Args:
        planes: `(K, H, W)`: 1 where a pixel belongs to a class; anything else counts as not.
        colors: RGB of each class, 0 to 255.

    Returns:
        `(H, W, 3)`, 0 to 255, black where there is no class; and `(H, W)`: where there is one.
    """
    count = np.zeros(planes.shape[1:], np.uint32)
    summed = np.zeros((*planes.shape[1:], 3), np.uint32)
    for plane, color in zip(planes, np.array(colors, np.uint32), strict=True):  # one by one, for the sake of memory
        is_shown = plane == 1
        count += is_shown
        summed += is_shown[..., None] * color
    mixed: NDArray[np.float64] = summed / np.maximum(count, 1)[..., None]
    return mixed, count > 0
