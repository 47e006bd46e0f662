"""Peak signal-to-noise ratio, one number for each picture.

The score of a split is the mean of its pictures' ratios, as papers have it. The ratio of the mean squared error of all
pixels, which some libraries give, is another number, and lower. What differs between protocols is in the names:
`psnr_rgb`, and `psnr_y_cropN` for the function `psnr_y` with a margin of N pixels.
"""

from __future__ import annotations

import torch
from torch import Tensor

from pixelwise.metrics._stored import PEAK, lumas, shaved, stored

__all__ = ["psnr_rgb", "psnr_y"]


def psnr_rgb(prediction: Tensor, target: Tensor) -> Tensor:
    """PSNR over all pixels and channels of each picture.

    Args:
        prediction: `(B, C, H, W)`, uint8, or floating point in [0, 1], which is clipped and rounded to 8 bits.
        target: The same.

    Returns:
        `(B,)` float64, in dB; inf where both are the same.

    Raises:
        ValueError: If the shapes differ.

    >>> psnr_rgb(torch.full((1, 3, 2, 2), 255, dtype=torch.uint8), torch.full((1, 3, 2, 2), 230, dtype=torch.uint8))
    tensor([20.1720], dtype=torch.float64)
    """
    return _ratio(*stored(prediction, target))


def psnr_y(prediction: Tensor, target: Tensor, *, crop: int) -> Tensor:
    """PSNR of the luma of each picture (`psnr_y_crop4` with a margin of 4): the protocol of papers on super-resolution.

    Args:
        prediction: As for `psnr_rgb`, of three channels; one channel is taken for luma as it is, as is a target without
            colours.
        target: The same.
        crop: Pixels that are cut off on all sides, in these papers as many as the factor of enlargement.

    Returns:
        `(B,)` float64, in dB, of luma from 16 to 235 (of grey targets 0 to 255) that is not rounded, against a peak of
        255.

    Raises:
        ValueError: If the shapes differ, or the margins leave nothing.
    """
    return _ratio(*(shaved(luma, crop) for luma in lumas(*stored(prediction, target))))


def _ratio(prediction: Tensor, target: Tensor) -> Tensor:
    error = (prediction - target).square().mean(dim=(1, 2, 3))
    return 10 * torch.log10(PEAK**2 / error)
