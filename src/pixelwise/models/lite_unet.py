"""The default: a light decoder on a light encoder, for the best score in the least time.

Its parts are known ones: lateral 1 × 1 convolutions that are added to the upsampled path (Lin et al.: "Feature Pyramid
Networks", https://arxiv.org/abs/1612.03144), pooled context at the coarsest scale (Zhao et al.: "Pyramid Scene Parsing
Network", https://arxiv.org/abs/1612.01105), and a path up of one width that stops at a quarter of the resolution, as in
Oršić et al.: "In Defense of Pre-trained ImageNet Architectures" (SwiftNet, https://arxiv.org/abs/1903.08469).

What is its own is the choice of widths: they were found by measuring the score after equal training time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pixelwise.encoders import DEFAULT_ENCODER, Encoder
from pixelwise.errors import SettingError
from pixelwise.models._base import ImageModel, ModelCard, refuse_sum
from pixelwise.nn import conv_bn_relu, pool_to_grid, resize_bilinear

__all__ = ["MODEL", "LiteUNet"]


class LiteUNet(ImageModel):
    """A pyramid, pooled context, and one 3 × 3 convolution per scale on the way up.

    Args:
        out_channels: Channels of the scores.
        in_channels: Channels of the image.
        encoder: Name of a timm backbone.
        widths: Channels of the path up, from the finest of the encoder's scales to the coarsest; zeros at the
            beginning leave the finest scales out, so that the scores are computed at a coarser one. An encoder with
            fewer scales takes the last of them.
        residual: Whether what the network gives is added to the image, which stays as sharp as it is. It begins with
            the image itself and learns what to change: for pictures of another kind whose shapes are the same.

    Raises:
        SettingError: If the widths are not zeros followed by at least one number above zero, or residual is asked for
            and the channels differ.
    """

    encoder: Encoder

    def __init__(
        self,
        out_channels: int,
        in_channels: int = 3,
        encoder: str = DEFAULT_ENCODER,
        widths: Sequence[int] = (0, 128, 128, 128, 128),
        residual: bool = False,
    ) -> None:
        super().__init__()
        _refuse_gaps(widths)
        if residual:
            refuse_sum(type(self).__name__, in_channels, out_channels)
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.encoder = Encoder(encoder, in_channels)
        channels = self.encoder.channels[-len(widths) :]
        widths = widths[-len(channels) :]
        self.context = _Context(channels[-1], widths[-1])
        steps = [(a, b) for a, b in zip(channels[-2::-1], widths[-2::-1], strict=True) if b]
        coarser = [widths[-1], *(width for _, width in steps)]
        self.up = nn.ModuleList(
            _Up(above, skip, width) for above, (skip, width) in zip(coarser[:-1], steps, strict=True)
        )
        self.head = nn.Conv2d(coarser[-1], out_channels, kernel_size=1)
        self.adds_image = residual
        if residual:
            nn.init.zeros_(self.head.weight)
            nn.init.zeros_(cast(Tensor, self.head.bias))

    def scores(self, image: Tensor) -> Tensor:
        """Map `(B, in_channels, H, W)` to `(B, out_channels, H, W)`."""
        features = self.encoder(image)
        x = self.context(features[-1])
        skips = features[-2::-1][: len(self.up)]  # the widths that are zero are those of the finest scales
        for up, skip in zip(self.up, skips, strict=True):
            x = up(x, skip)
        scores = resize_bilinear(self.head(x), image.shape[-2:])
        return image + scores if self.adds_image else scores


class _Context(nn.Module):
    """Averages over the image, its quarters and its sixteenths, beside the features themselves."""

    def __init__(self, in_channels: int, width: int) -> None:
        super().__init__()
        self.reduce = conv_bn_relu(in_channels, width, kernel_size=1)
        self.pooled = nn.ModuleList(nn.Sequential(nn.Conv2d(width, width // 4, 1), nn.ReLU()) for _ in _GRIDS)
        self.merge = conv_bn_relu(width + len(_GRIDS) * (width // 4), width, kernel_size=1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.reduce(x)
        parts = [x]
        for grid, layer in zip(_GRIDS, self.pooled, strict=True):
            pooled = layer(pool_to_grid(x, grid))
            parts.append(resize_bilinear(pooled, x.shape[-2:]))
        return self.merge(torch.cat(parts, dim=1))


class _Up(nn.Module):
    """Upsample to the size of the skip connection, add it, and convolve."""

    def __init__(self, in_channels: int, skip_channels: int, width: int) -> None:
        super().__init__()
        self.lateral = nn.Sequential(nn.Conv2d(skip_channels, width, 1, bias=False), nn.BatchNorm2d(width))
        self.reduce = nn.Conv2d(in_channels, width, 1, bias=False) if in_channels != width else nn.Identity()
        self.convolve = conv_bn_relu(width, width, kernel_size=3)

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        skip = self.lateral(skip)
        x = resize_bilinear(self.reduce(x), skip.shape[-2:])
        return self.convolve(F.relu(x + skip))


_GRIDS = (1, 2, 4)


def _refuse_gaps(widths: Sequence[int]) -> None:
    used = [width for width in widths if width > 0]
    if not used or list(widths) != [0] * (len(widths) - len(used)) + used:
        raise SettingError(
            f"The widths of a lite_unet are {list(widths)}, but only the finest scales can be left out: zeros come "
            f"first, and at least one number above zero follows, as in [0, 128, 128, 128, 128]."
        )


MODEL = ModelCard(
    build=LiteUNet,
    summary="the default: additive skips, pooled context, 128 channels up to a quarter of the resolution",
    paper="FPN, https://arxiv.org/abs/1612.03144; SwiftNet, https://arxiv.org/abs/1903.08469",
    tasks=frozenset({"segmentation", "restoration", "paired_translation", "unpaired_translation"}),
)
