"""Bicubic resizing as MATLAB's `imresize` computes it: what papers on super-resolution make their images with.

Another bicubic filter changes a score by up to a decibel: that of `torch.nn.functional.interpolate` has a = -0.75 and,
by default, does not average when it makes an image smaller.
"""

from __future__ import annotations

import math
from fractions import Fraction
from functools import lru_cache
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

__all__ = ["crop_to_multiple", "imresize"]

Picture = TypeVar("Picture", Tensor, NDArray[np.floating])

_SHARPNESS = -0.5  # a of Keys's kernel: the one value at which it reproduces parabolas
_SUPPORT = 4  # pixels that the kernel spans
_LARGEST_DENOMINATOR = 1000  # so that 1 / 3 as a float is a third


def imresize(picture: Picture, scale: float | Fraction) -> Picture:
    """Resize `(..., H, W)` to `(..., ceil(H * scale), ceil(W * scale))` by MATLAB's bicubic filter.

    Where the picture becomes smaller, the kernel is widened by as much, so that all pixels count. Beyond its border the
    picture is mirrored, with the border pixels repeated. Values overshoot at edges and are not clipped.

    Args:
        picture: float32 or float64, a tensor on any device or an array; of any range.
        scale: Output pixels per input pixel, above 0, such as `1 / 3` or 4; taken as the nearest fraction whose
            denominator is at most 1000.

    Returns:
        Of the kind and dtype of `picture`.

    Raises:
        TypeError: If the picture is not of floating point.
        ValueError: If the scale is not above 0.

    Source: Keys: "Cubic convolution interpolation for digital image processing", 1981; MATLAB's `imresize`.

    >>> imresize(torch.arange(8.0).reshape(1, 8), 1 / 2)
    tensor([[0.4492, 2.4883, 4.5117, 6.5508]])
    """
    if isinstance(picture, Tensor):
        return _resized(picture, scale)
    return _resized(torch.from_numpy(np.ascontiguousarray(picture)), scale).numpy()


def crop_to_multiple(picture: Picture, multiple: int) -> Picture:
    """Cut rows off the bottom and columns off the right of `(..., H, W)` until both sides are multiples of a number.

    >>> crop_to_multiple(torch.zeros(3, 7, 9), 4).shape
    torch.Size([3, 4, 8])
    """
    height, width = picture.shape[-2:]
    return picture[..., : height // multiple * multiple, : width // multiple * multiple]


def _resized(picture: Tensor, scale: float | Fraction) -> Tensor:
    if not picture.is_floating_point():
        raise TypeError(f"imresize takes float32 or float64, but the picture is {picture.dtype}.")
    if not scale > 0:
        raise ValueError(f"The scale is {scale}, but it has to be above 0.")
    factor = Fraction(scale).limit_denominator(_LARGEST_DENOMINATOR)
    down, across = (_weights(side, factor).to(picture) for side in picture.shape[-2:])
    return down @ picture @ across.T


@lru_cache(maxsize=8)  # pictures of one or two sizes; a side of 6,000 pixels, halved, takes 144 MB
def _weights(length: int, scale: Fraction) -> Tensor:
    """What each pixel of a line adds to each pixel of the resized line: `(ceil(length * scale), length)`, float64."""
    new_length = math.ceil(length * scale)
    stretch = min(float(scale), 1.0)
    support = _SUPPORT / stretch
    centre = (torch.arange(new_length, dtype=torch.float64) + 0.5) / float(scale) - 0.5
    first = torch.floor(centre - support / 2).long() + 1
    place = first.unsqueeze(1) + torch.arange(math.ceil(support) + 1)  # (new_length, pixels under the kernel)
    weight = _cubic((centre.unsqueeze(1) - place) * stretch)
    weight = weight / weight.sum(dim=1, keepdim=True)
    place = place.remainder(2 * length)
    place = torch.minimum(place, 2 * length - 1 - place)
    return torch.zeros(new_length, length, dtype=torch.float64).scatter_add_(1, place, weight)


def _cubic(distance: Tensor) -> Tensor:
    """Keys's kernel: 1 at 0, 0 at 1 and from 2 on."""
    x, a = distance.abs(), _SHARPNESS
    near = ((a + 2) * x - (a + 3)) * x**2 + 1
    far = a * (((x - 5) * x + 8) * x - 4)
    return torch.where(x <= 1, near, far) * (x < 2)
