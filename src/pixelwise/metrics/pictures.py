"""Scores of pictures by name; the name says the protocol."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from torch import Tensor

from pixelwise.errors import unknown_name
from pixelwise.metrics.psnr import psnr_rgb, psnr_y
from pixelwise.metrics.ssim import ssim_rgb, ssim_y

__all__ = ["PictureMetric", "picture_metric"]

_OF_RGB = {"psnr": psnr_rgb, "ssim": ssim_rgb}
_OF_LUMA = {"psnr": psnr_y, "ssim": ssim_y}
_LUMA_NAME = re.compile(r"(psnr|ssim)_y_crop(\d{1,3})")


@dataclass(frozen=True)
class PictureMetric:
    """A score of a picture that is larger, the nearer it is to the target.

    Attributes:
        name: With the protocol, such as `psnr_y_crop4`.
        of_each: Two batches `(B, C, H, W)`, uint8 or in [0, 1], to `(B,)` float64; the mean over all pictures of a
            split is its score.
    """

    name: str
    of_each: Callable[[Tensor, Tensor], Tensor]


def picture_metric(name: str) -> PictureMetric:
    """The metric called `psnr_rgb`, `ssim_rgb`, `psnr_y_cropN` or `ssim_y_cropN`, N being a margin in pixels.

    Raises:
        SettingError: If there is none of that name.

    >>> picture_metric("psnr_y_crop4").name
    'psnr_y_crop4'
    """
    kind, _, channels = name.partition("_")
    if channels == "rgb" and kind in _OF_RGB:
        return PictureMetric(name, _OF_RGB[kind])
    if (found := _LUMA_NAME.fullmatch(name)) is None:
        known = ["psnr_rgb", "ssim_rgb", "psnr_y_crop4", "ssim_y_crop4"]
        raise unknown_name("metric of pictures", name, known, advice="Any number of pixels can stand after 'crop'.")
    return PictureMetric(name, partial(_OF_LUMA[found[1]], crop=int(found[2])))
