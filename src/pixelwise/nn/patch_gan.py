"""PatchGAN: a discriminator that judges each patch of an image by itself.

Isola, Zhu, Zhou, Efros: "Image-to-Image Translation with Conditional Adversarial Networks", CVPR 2017,
https://arxiv.org/abs/1611.07004; with instance norm: Zhu, Park, Isola, Efros: "Unpaired Image-to-Image Translation
using Cycle-Consistent Adversarial Networks", ICCV 2017, https://arxiv.org/abs/1703.10593.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Literal

from torch import Tensor, nn

from pixelwise.errors import SettingError, unknown_name
from pixelwise.nn.instance_norm import InstanceNorm2d
from pixelwise.nn.normal_init import initialise_normal

__all__ = ["PatchGAN", "PatchNorm"]

PatchNorm = Literal["batch", "instance"]

_MOST_DOUBLINGS = 3  # the channels stay at eight times `width`


class PatchGAN(nn.Module):
    """Convolutions of 4 × 4 pixels whose every score sees a patch: 70 × 70 pixels with a `depth` of 3.

    With 3 channels and "instance" it is CycleGAN's discriminator (2,764,737 parameters); with 6, image and picture
    joined, and "batch" it is that of pix2pix (2,768,705 parameters). A positive score stands for a real patch. Pixels
    in [0, 1] are centred on zero inside.

    Args:
        in_channels: Channels of what is judged.
        width: Channels after the first convolution; they double with each halving, up to eight times as many.
        depth: How often the resolution is halved. A score sees 16 × 16 pixels with 1, 34 with 2, 70 with 3, 142 with 4.
        norm: The norm after each convolution but the first and the last.

    Raises:
        SettingError: If a number is less than one, or the norm is not known.
    """

    def __init__(self, in_channels: int, width: int = 64, depth: int = 3, norm: PatchNorm = "batch") -> None:
        super().__init__()
        if norm not in ("batch", "instance"):
            raise unknown_name("norm of a PatchGAN", norm, ("batch", "instance"))
        if min(in_channels, width, depth) < 1:
            raise SettingError(
                f"A PatchGAN has {in_channels} channels, a width of {width} and a depth of {depth}; all are whole "
                f"numbers from 1."
            )
        self.in_channels = in_channels
        self.smallest = 3 * 2**depth  # pixels of a side that leave one score
        widths = [width * 2 ** min(level, _MOST_DOUBLINGS) for level in range(depth + 1)]
        layers: list[nn.Module] = [nn.Conv2d(in_channels, width, 4, stride=2, padding=1), nn.LeakyReLU(0.2, True)]
        for level, (before, after) in enumerate(pairwise(widths), start=1):
            stride = 2 if level < depth else 1
            layers.append(nn.Conv2d(before, after, 4, stride, padding=1, bias=norm == "instance"))
            layers.append(nn.BatchNorm2d(after) if norm == "batch" else InstanceNorm2d(after))
            layers.append(nn.LeakyReLU(0.2, inplace=True))
        self.layers = nn.Sequential(*layers, nn.Conv2d(widths[-1], 1, 4, padding=1))
        initialise_normal(self)

    def forward(self, image: Tensor) -> Tensor:
        """Map `(B, in_channels, H, W)` in [0, 1] to scores `(B, 1, H // 2**depth - 2, W // 2**depth - 2)`, raw.

        Raises:
            SettingError: If the image is too small for a single score.
        """
        self.refuse_small(image)
        scores: Tensor = self.layers(2 * image - 1)
        return scores

    def refuse_small(self, image: Tensor) -> None:
        """Make sure that an image is large enough for a score, such as before a training in which that comes late.

        Raises:
            SettingError: If it is not.
        """
        height, width = image.shape[-2:]
        if min(height, width) < self.smallest:
            raise SettingError(
                f"A view of {height} × {width} pixels is too small for the discriminator, which needs at least "
                f"{self.smallest} on each side. Take larger views, or a discriminator of less depth."
            )
