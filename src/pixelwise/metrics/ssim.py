"""Structural similarity, one number for each picture; the score of a split is their mean.

The window is the authors': 11 × 11 pixels, Gaussian with sigma 1.5, K1 = 0.01, K2 = 0.03, a range of 255, and only
places where it lies within the picture. See `ops.structural_similarity`.
"""

from __future__ import annotations

from torch import Tensor

from pixelwise.metrics._stored import PEAK, lumas, shaved, stored
from pixelwise.ops.structural_similarity import WINDOW, structural_similarity

__all__ = ["ssim_rgb", "ssim_y"]

_BLOCK = 128  # places along a side that are looked at together; the time for each grows with it


def ssim_rgb(prediction: Tensor, target: Tensor) -> Tensor:
    """SSIM of each channel of each picture, averaged over the channels.

    Args:
        prediction: `(B, C, H, W)`, uint8, or floating point in [0, 1], which is clipped and rounded to 8 bits.
        target: The same.

    Returns:
        `(B,)` float64, in [-1, 1].

    Raises:
        ValueError: If the shapes differ, or a side is below 11 pixels.
    """
    return _mean(*stored(prediction, target))


def ssim_y(prediction: Tensor, target: Tensor, *, crop: int) -> Tensor:
    """SSIM of the luma of each picture (`ssim_y_crop4` with a margin of 4).

    Args:
        prediction: As for `ssim_rgb`, of three channels; one channel is taken for luma as it is, as is a target without
            colours.
        target: The same.
        crop: Pixels that are cut off on all sides.

    Returns:
        `(B,)` float64, in [-1, 1].

    Raises:
        ValueError: If the shapes differ, or the margins leave less than 11 pixels.
    """
    first, second = (shaved(luma, crop) for luma in lumas(*stored(prediction, target)))
    return _mean(first, second)


def _mean(first: Tensor, second: Tensor) -> Tensor:
    """SSIM of two batches, averaged over channels and places, `(B,)`; in blocks, as photographs would take minutes."""
    height, width = first.shape[-2:]
    total, count = first.new_zeros(len(first)), 0
    for top in range(0, max(1, height - WINDOW + 1), _BLOCK):
        for left in range(0, max(1, width - WINDOW + 1), _BLOCK):
            part = ..., slice(top, top + _BLOCK + WINDOW - 1), slice(left, left + _BLOCK + WINDOW - 1)
            index = structural_similarity(first[part], second[part], PEAK)
            total += index.sum(dim=(1, 2, 3))
            count += index[0].numel()
    return total / count
