"""Degraded pictures, made while training from the pictures that should come out.

Every draw is a pure function of (seed, epoch, index), so that a resumed training sees what the uninterrupted one would
have seen. How degradations are written is in `data.degradations`.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from pixelwise.data.degradations import Degradation, enlargement
from pixelwise.ops.color import linear_to_srgb, luminance, srgb_to_linear
from pixelwise.ops.mirror import mirror_pad
from pixelwise.ops.resample import imresize

__all__ = ["HOLE_COLOR", "degrade", "degrade_held_out"]

HOLE_COLOR = (1.0, 0.0, 1.0)  # magenta, which photographs hardly have, so that a hole can be told from the picture

_HELD_OUT_SEED = 20040601  # of no training; another one would make all scores incomparable to earlier ones
_HOLE_GRID = 8  # cells a side of the noise whose peaks become holes
_PHOTONS = 2000.0  # that a pixel of a camera takes before it is white; what makes the noise of dark pictures
_READ_NOISE = 0.002  # standard deviation of what a camera adds even in the dark, of white's light


def degrade(picture: Tensor, degradations: tuple[Degradation, ...], *, seed: int, epoch: int, index: int) -> Tensor:
    """Apply degradations, each with a strength and a pattern drawn for this picture in this epoch.

    Args:
        picture: `(C, H, W)`, uint8, or floating point in [0, 1]; RGB, or one channel (of which `grey` makes three).
        degradations: In the order of application.
        seed: Of the training.
        epoch: Of the training.
        index: Of the picture in its split.

    Returns:
        `(C, H / S, W / S)`, float32 in [0, 1], where S is `enlargement(degradations)`, on the picture's device. It is
        rounded to 8 bits, as pictures come to prediction.

    Raises:
        ValueError: If a side is no multiple of S (see `ops.resample.crop_to_multiple`).

    >>> picture = torch.full((3, 8, 8), 128, dtype=torch.uint8)
    >>> degrade(picture, (Degradation("down", 4, 4),), seed=0, epoch=0, index=0).shape
    torch.Size([3, 2, 2])
    """
    scale = enlargement(degradations)
    if any(side % scale for side in picture.shape[-2:]):
        raise ValueError(f"The picture has {tuple(picture.shape[-2:])} pixels, which are no multiples of {scale}.")
    result = picture.float() / (1 if picture.is_floating_point() else 255)
    for place, one in enumerate(degradations):
        random = np.random.default_rng((seed, epoch, index, place))
        result = _APPLIED[one.name](result, random.uniform(one.low, one.high), random)
    return result.clamp(0, 1).mul(255).round().div(255)


def degrade_held_out(picture: Tensor, degradations: tuple[Degradation, ...], *, index: int) -> Tensor:
    """Apply degradations to a picture of `val` or `test`: the same in all epochs and trainings.

    Arguments, result and errors are those of `degrade`.
    """
    return degrade(picture, degradations, seed=_HELD_OUT_SEED, epoch=0, index=index)


def _blur(picture: Tensor, sigma: float, random: np.random.Generator) -> Tensor:
    """Beyond the border the picture is mirrored."""
    radius = math.ceil(3 * sigma)
    place = torch.arange(-radius, radius + 1, device=picture.device, dtype=torch.float32)
    weights = torch.exp(-0.5 * (place / sigma) ** 2)
    weights = weights / weights.sum()
    planes = mirror_pad(picture.unsqueeze(1), radius, radius, radius, radius)  # (C, 1, H, W)
    rows = F.conv2d(planes, weights.reshape(1, 1, -1, 1))
    return F.conv2d(rows, weights.reshape(1, 1, 1, -1)).squeeze(1)


def _dark(picture: Tensor, light: float, random: np.random.Generator) -> Tensor:
    """Less light, with the noise of the photons and of the camera, whose share grows as the light falls."""
    linear = srgb_to_linear(picture.clamp(0, 1)) * light
    deviation = (linear / _PHOTONS + _READ_NOISE**2).sqrt()
    return linear_to_srgb((linear + deviation * _normal(picture, random)).clamp(0, 1))


def _down(picture: Tensor, factor: float, random: np.random.Generator) -> Tensor:
    return imresize(picture, 1 / factor).clamp(0, 1)


def _grey(picture: Tensor, _: float, random: np.random.Generator) -> Tensor:
    """Three equal channels, as a grey photograph is read, with the lightness of CIELAB that the colours had."""
    return linear_to_srgb(luminance(picture.clamp(0, 1))).expand(3, -1, -1)


def _holes(picture: Tensor, share: float, random: np.random.Generator) -> Tensor:
    """Paint the peaks of smooth noise over; they are `share` of all pixels. One channel is painted black."""
    coarse = torch.from_numpy(random.standard_normal((1, 1, _HOLE_GRID, _HOLE_GRID), dtype=np.float32))
    height = F.interpolate(coarse, picture.shape[-2:], mode="bicubic", align_corners=True).flatten()
    highest = height.topk(round(share * len(height))).indices
    is_hole = torch.zeros_like(height, dtype=torch.bool).index_fill_(0, highest, True).reshape(picture.shape[-2:])
    color = HOLE_COLOR if len(picture) == len(HOLE_COLOR) else (0.0,) * len(picture)
    return torch.where(is_hole.to(picture.device), picture.new_tensor(color).reshape(-1, 1, 1), picture)


def _jpeg(picture: Tensor, quality: float, random: np.random.Generator) -> Tensor:
    """Written and read again by Pillow, colours at half the resolution, as nearly all JPEG files have them."""
    stored = picture.clamp(0, 1).mul(255).round().to(torch.uint8).permute(1, 2, 0).cpu().numpy()
    content = io.BytesIO()
    Image.fromarray(stored.squeeze(2) if stored.shape[2] == 1 else stored).save(content, "JPEG", quality=round(quality))
    with Image.open(content) as image:
        read = torch.from_numpy(np.array(image)).reshape(stored.shape)
    return read.permute(2, 0, 1).to(picture) / 255


def _noise(picture: Tensor, sigma: float, random: np.random.Generator) -> Tensor:
    return (picture + sigma / 255 * _normal(picture, random)).clamp(0, 1)


def _normal(like: Tensor, random: np.random.Generator) -> Tensor:
    """Independent normal numbers, drawn on the CPU so that they are the same on every device."""
    return torch.from_numpy(random.standard_normal(like.shape, dtype=np.float32)).to(like.device)


_APPLIED: dict[str, Callable[[Tensor, float, np.random.Generator], Tensor]] = {
    "blur": _blur,
    "dark": _dark,
    "down": _down,
    "grey": _grey,
    "holes": _holes,
    "jpeg": _jpeg,
    "noise": _noise,
}
