"""Pictures as a file would hold them, since scores of pictures are those of files."""

from __future__ import annotations

import torch
from torch import Tensor

from pixelwise.ops.color import rgb_to_y

__all__ = ["PEAK", "luma", "shaved", "stored"]

PEAK = 255.0


def stored(prediction: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Two batches as numbers from 0 to 255, float64: floats in [0, 1] are clipped and rounded, uint8 stays as it is.

    Raises:
        ValueError: If they are no batches of pictures of the same size.
    """
    if prediction.shape != target.shape or prediction.ndim != 4:
        raise ValueError(
            f"The prediction is {tuple(prediction.shape)} and the target {tuple(target.shape)}, but pictures are "
            f"compared as two batches (B, C, H, W) of the same size."
        )
    return _eight_bits(prediction), _eight_bits(target)


def luma(picture: Tensor) -> Tensor:
    """Luma `(B, 1, H, W)` of numbers from 0 to 255, not rounded; one channel is taken for luma as it is."""
    return picture if picture.shape[1] == 1 else rgb_to_y(picture / PEAK)


def shaved(picture: Tensor, crop: int) -> Tensor:
    """Cut off a margin of `crop` pixels on all sides.

    Raises:
        ValueError: If nothing would be left.
    """
    height, width = picture.shape[-2:]
    if crop < 0 or min(height, width) <= 2 * crop:
        raise ValueError(f"A margin of {crop} pixels cannot be cut off {height} × {width} pixels.")
    return picture[..., crop : height - crop, crop : width - crop]


def _eight_bits(picture: Tensor) -> Tensor:
    if picture.dtype == torch.uint8:
        return picture.double()
    return (picture.double() * PEAK).round().clamp(0, PEAK)
