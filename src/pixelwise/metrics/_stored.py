"""Pictures as a file would hold them, since scores of pictures are those of files."""

from __future__ import annotations

import torch
from torch import Tensor

from pixelwise.ops.color import rgb_to_y

__all__ = ["PEAK", "lumas", "shaved", "stored"]

PEAK = 255.0
_BLACK, _WHITE = 16.0, 235.0  # in luma


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


def lumas(prediction: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Luma `(B, 1, H, W)` of two batches of numbers from 0 to 255, not rounded.

    One channel is taken for luma as it is. So is a target without colours, since papers score grey files, of which
    Set14 has one, by their own numbers; the luma of its prediction is then brought to the same range, from 0 to 255.
    """
    if target.shape[1] == 1:
        return prediction, target
    is_grey = (target == target[:, :1]).flatten(1).all(dim=1).reshape(-1, 1, 1, 1)
    first, second = (rgb_to_y(picture / PEAK) for picture in (prediction, target))
    return _in_range(first, is_grey), _in_range(second, is_grey)


def shaved(picture: Tensor, crop: int) -> Tensor:
    """Cut off a margin of `crop` pixels on all sides.

    Raises:
        ValueError: If nothing would be left.
    """
    height, width = picture.shape[-2:]
    if crop < 0 or min(height, width) <= 2 * crop:
        raise ValueError(f"A margin of {crop} pixels cannot be cut off {height} × {width} pixels.")
    return picture[..., crop : height - crop, crop : width - crop]


def _in_range(luma: Tensor, is_grey: Tensor) -> Tensor:
    """Luma from 16 to 235; of the pictures `(B, 1, 1, 1)` that are grey from 0 to 255."""
    return torch.where(is_grey, (luma - _BLACK) * (PEAK / (_WHITE - _BLACK)), luma)


def _eight_bits(picture: Tensor) -> Tensor:
    if picture.dtype == torch.uint8:
        return picture.double()
    return (picture.double() * PEAK).round().clamp(0, PEAK)
