"""The generator of pix2pix: a U-Net of strided convolutions, down to a single pixel and up again.

Isola, Zhu, Zhou, Efros: "Image-to-Image Translation with Conditional Adversarial Networks", CVPR 2017,
https://arxiv.org/abs/1611.07004; with a `depth` of 8 it is their network for 256 × 256 pixels.

Differs from the paper: pixels are in [0, 1] outside, [-1, 1] inside, so the output is (tanh + 1) / 2. In evaluation
nothing is drawn at random and the batch norms use what they saw in training; the paper keeps its dropout, and the
statistics of the batch, there too, so that each call gives another picture. With instance norm the statistics are
those of the picture, in training and afterwards, which is the paper's way for a batch of one. No norm stands at the
single pixel of the bottom, as in the authors' code.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Literal, get_args

import torch
from torch import Tensor, nn

from pixelwise.errors import SettingError, unknown_name
from pixelwise.models._base import ImageModel, ModelCard
from pixelwise.nn.instance_norm import InstanceNorm2d
from pixelwise.nn.normal_init import initialise_normal

__all__ = ["MODEL", "Pix2PixUNet"]

Norm = Literal["batch", "instance"]

_MOST_DOUBLINGS = 3  # the channels stay at eight times `width`
_MOST_DROPOUTS = 3  # how many doublings have a dropout, from the second one on


class Pix2PixUNet(ImageModel):
    """Down by convolutions of 4 × 4 pixels with stride 2, up by transposed ones, joined at every level.

    The output is a picture in [0, 1]. Images are padded to multiples of `2**depth`: with 8, an image of 300 × 200
    pixels is computed as one of 512 × 256, so small images deserve a smaller `depth`.

    Args:
        out_channels: Channels of the picture.
        in_channels: Channels of the image.
        width: Channels after the first halving; they double with each, up to eight times as many.
        depth: How often the resolution is halved, at least twice.
        norm: "batch" or "instance"; see above. Trained on batches of one view, "instance" is the better.
        dropout: Probability of leaving out a feature after the second to fourth doubling at a depth of 8 or more; each
            level less takes one of these dropouts away.

    Raises:
        SettingError: If a number is not among those that serve.
    """

    def __init__(
        self,
        out_channels: int = 3,
        in_channels: int = 3,
        width: int = 64,
        depth: int = 8,
        norm: Norm = "batch",
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        if norm not in get_args(Norm):
            raise unknown_name("norm of a pix2pix_unet", norm, get_args(Norm))
        if width < 1 or depth < 2:
            raise SettingError(
                f"A pix2pix_unet has a width of {width}, a whole number from 1, and a depth of {depth}, one from 2."
            )
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.multiple_of = 2**depth
        widths = [width * 2 ** min(level, _MOST_DOUBLINGS) for level in range(depth)]  # after each halving

        self.stem = nn.Conv2d(in_channels, width, 4, stride=2, padding=1, bias=False)
        self.down = nn.ModuleList(
            _down(before, after, norm if level < depth - 1 else None)
            for level, (before, after) in enumerate(pairwise(widths), start=1)
        )
        dropouts = [0.0] + [dropout] * min(_MOST_DROPOUTS, max(0, depth - 5)) + [0.0] * depth
        self.up = nn.ModuleList(
            _up(widths[level] if level == depth - 1 else 2 * widths[level], widths[level - 1], norm, probability)
            for level, probability in zip(range(depth - 1, 0, -1), dropouts, strict=False)
        )
        self.head = nn.Sequential(nn.ReLU(), nn.ConvTranspose2d(2 * width, out_channels, 4, stride=2, padding=1))
        initialise_normal(self)

    def scores(self, image: Tensor) -> Tensor:
        """Map `(B, in_channels, H, W)` to a picture `(B, out_channels, H, W)`; sides are multiples of `multiple_of`."""
        features = [self.stem(2 * image - 1)]
        for halve in self.down:
            features.append(halve(features[-1]))
        x = features.pop()
        for double in self.up:
            x = torch.cat([features.pop(), double(x)], dim=1)
        picture: Tensor = self.head(x)
        return (picture.tanh() + 1) / 2


def _down(before: int, after: int, norm: Norm | None) -> nn.Sequential:
    convolution = nn.Conv2d(before, after, 4, stride=2, padding=1, bias=False)
    return nn.Sequential(nn.LeakyReLU(0.2), convolution, *([] if norm is None else [_norm(norm, after)]))


def _up(before: int, after: int, norm: Norm, dropout: float) -> nn.Sequential:
    convolution = nn.ConvTranspose2d(before, after, 4, stride=2, padding=1, bias=False)
    layers: list[nn.Module] = [nn.ReLU(), convolution, _norm(norm, after)]
    return nn.Sequential(*layers, *([nn.Dropout(dropout)] if dropout else []))


def _norm(norm: Norm, channels: int) -> nn.Module:
    return nn.BatchNorm2d(channels) if norm == "batch" else InstanceNorm2d(channels, affine=True)


MODEL = ModelCard(
    build=Pix2PixUNet,
    summary="pix2pix's generator: a U-Net of strided convolutions down to one pixel (of 256, at depth 8)",
    paper="Image-to-Image Translation with Conditional Adversarial Networks, https://arxiv.org/abs/1611.07004",
    tasks=frozenset({"paired_translation", "unpaired_translation"}),
    encoder=None,
    learning_rate=2e-4,  # the paper's
)
