"""Objects that touch, kept apart: a border of background between them, and weights that make it worth learning.

Both are those of Ronneberger, Fischer, Brox: "U-Net: Convolutional Networks for Biomedical Image Segmentation",
MICCAI 2015, https://arxiv.org/abs/1505.04597: with d1 and d2 the distances in pixels to the nearest and the second
nearest object, w0 * exp(-(d1 + d2)² / (2 σ²)) is added to the weight that a pixel has for its class.

Differs from the paper, which says "morphological operations" of the border: here it is every pixel that has another
object among its eight neighbours, so that it does not depend on the objects' numbers. The weight is added to background
only, as most who use it do.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["WEIGHT_STEP", "border_weights", "separated"]

WEIGHT_STEP = 1 / 25  # so that the largest weight, w0, is 250: a byte a pixel

_W0 = 10.0
_SIGMA = 5.0  # pixels
_REACH = 18  # d1 + d2 from which on the weight is less than half a step


def separated(numbers: NDArray[np.integer]) -> NDArray[np.integer]:
    """Turn the border between touching objects into background.

    Args:
        numbers: `(H, W)`: 0 is background, every object has its own number above 0.

    Returns:
        A copy, in which every pixel that had another object among its eight neighbours is 0. No two objects touch in
        it, not at a corner either; one that is but two pixels wide between others is gone.
    """
    around = np.pad(numbers, 1)
    height, width = numbers.shape
    windows = [around[1 + y : 1 + y + height, 1 + x : 1 + x + width] for y in (-1, 0, 1) for x in (-1, 0, 1) if y or x]
    touches = np.zeros(numbers.shape, bool)
    for window in windows:
        touches |= (window != numbers) & (window != 0)
    return np.where(touches, numbers.dtype.type(0), numbers)


def border_weights(numbers: NDArray[np.integer]) -> NDArray[np.uint8]:
    """Compute what is added to the weights of background pixels between objects.

    Args:
        numbers: `(H, W)`: 0 is background, every object has its own number above 0.

    Returns:
        `(H, W)` uint8 in steps of `WEIGHT_STEP`, at most 10; 0 within objects, and where the two nearest are far.
    """
    nearest, second = _two_distances(numbers)
    weight = _W0 * np.exp(-((nearest + second) ** 2) / (2 * _SIGMA**2))
    steps: NDArray[np.uint8] = np.where(numbers == 0, np.rint(weight / WEIGHT_STEP), 0).astype(np.uint8)
    return steps


def _two_distances(numbers: NDArray[np.integer]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Distances in pixels to the nearest and the second nearest object, infinite beyond reach.

    Each object's distances are computed in a window around it, and only if that window holds another object.
    """
    from scipy import ndimage  # here, because reading a mask without objects needs no scipy

    nearest = np.full(numbers.shape, np.inf, np.float32)
    second = nearest.copy()
    found, dense = np.unique(numbers, return_inverse=True)
    for number, box in zip(found, ndimage.find_objects(dense.reshape(numbers.shape) + 1), strict=True):
        if number == 0 or box is None:
            continue
        window = tuple(slice(max(0, side.start - _REACH), side.stop + _REACH) for side in box)
        inside = numbers[window] == number
        if not ((numbers[window] != 0) & ~inside).any():
            continue
        distance = ndimage.distance_transform_edt(~inside).astype(np.float32)
        second[window] = np.minimum(second[window], np.maximum(nearest[window], distance))
        nearest[window] = np.minimum(nearest[window], distance)
    return nearest, second
