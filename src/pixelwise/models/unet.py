"""The U-Net of 2015, as in its paper, and the same network with what is usual now.

Ronneberger, Fischer, Brox: "U-Net: Convolutional Networks for Biomedical Image Segmentation", MICCAI 2015,
https://arxiv.org/abs/1505.04597. No pretrained encoder: it begins with random weights.

`padding="valid"` is the paper's: 23 convolutions, counting the up-convolutions, none of which pads. A tile of 572 × 572
pixels becomes scores of 388 × 388. An image of any size is extended by mirroring, so that its scores are as large as
itself (the paper's overlap-tile strategy).

Differs from the paper with `padding="reflect"`, the default: each convolution pads by one mirrored pixel, so that
nothing is cropped and no margin computed, and a batch norm follows it, since in a short training it learns far more
with than without. Differs with either: pixels in [0, 1] are centred on zero; a dropout stands at each of the last two
levels of the contracting path, where the paper says "at the end".
"""

from __future__ import annotations

import math
from typing import Literal

import torch
from torch import Tensor, nn

from pixelwise.errors import SettingError, unknown_name
from pixelwise.models._base import ImageModel, ModelCard
from pixelwise.ops.mirror import mirror_pad
from pixelwise.ops.pad import crop_to

__all__ = ["MODEL", "Padding", "UNet", "UNetNorm"]

Padding = Literal["reflect", "valid"]
UNetNorm = Literal["auto", "batch", "none"]


class UNet(ImageModel):
    """Down by pooling, up by up-convolutions, and at each level the features from the way down beside those from below.

    Args:
        out_channels: Channels of the output.
        in_channels: Channels of the image.
        padding: "reflect" keeps the size in each convolution; "valid" is the paper's way.
        width: Channels at full resolution; they double with each level.
        depth: How often the resolution is halved.
        dropout: Probability of leaving out a feature at the end of the contracting path.
        norm: "batch" puts a batch norm after each 3 × 3 convolution, "none" does not; "auto" does with "reflect" only.

    Raises:
        SettingError: If a number or a word is not among those that serve.
    """

    def __init__(
        self,
        out_channels: int,
        in_channels: int = 3,
        padding: Padding = "reflect",
        width: int = 64,
        depth: int = 4,
        dropout: float = 0.5,
        norm: UNetNorm = "auto",
    ) -> None:
        super().__init__()
        _refuse_other_words(padding, norm)
        if width < 1 or depth < 1:
            raise SettingError(f"A unet has a width of {width} and a depth of {depth}; both are whole numbers from 1.")
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.padding = padding
        self.depth = depth
        self.multiple_of = 2**depth if padding == "reflect" else 1  # the valid one mirrors instead of repeating
        widths = [width * 2**level for level in range(depth + 1)]
        is_normed = norm == "batch" or (norm == "auto" and padding == "reflect")

        def double(before: int, after: int) -> nn.Sequential:
            return nn.Sequential(*_convolution(before, after, padding, is_normed))

        self.down = nn.ModuleList(double(a, b) for a, b in zip([in_channels, *widths[:-1]], widths, strict=True))
        self.dropout = nn.Dropout(dropout)
        self.pool = nn.MaxPool2d(2)
        self.up = nn.ModuleList(nn.ConvTranspose2d(2 * w, w, kernel_size=2, stride=2) for w in reversed(widths[:-1]))
        self.merge = nn.ModuleList(double(2 * w, w) for w in reversed(widths[:-1]))
        self.head = nn.Conv2d(width, out_channels, kernel_size=1)
        _initialise(self)

    def scores(self, image: Tensor) -> Tensor:
        """Map `(B, in_channels, H, W)` to `(B, out_channels, H, W)`; H and W are multiples of `multiple_of`.

        Without padding the result may be larger at the bottom and the right, as is that of an image so small that its
        mirror image would have to be mirrored at the coarsest level; `forward` crops it.
        """
        height, width = image.shape[-2:]
        if self.padding == "valid":
            margin = self.margin
            bottom, right = (margin + (4 - side) % 2**self.depth for side in (height, width))
            return self._run(mirror_pad(image, margin, bottom, margin, right))
        smallest = 2 * self.multiple_of  # a side of one pixel at the coarsest level has nothing to reflect
        if height < smallest or width < smallest:
            image = mirror_pad(image, 0, max(0, smallest - height), 0, max(0, smallest - width))
        return self._run(image)

    def valid_scores(self, image: Tensor) -> Tensor:
        """Map `(B, in_channels, H, W)` to the scores of its middle, each side shorter by twice the `margin`.

        With the paper's depth of 4 the margin is 92 pixels, and sides of 188, 204, … 572, … serve.

        Raises:
            SettingError: If the network pads, or a side does not serve.
        """
        if self.padding != "valid":
            raise SettingError(
                "This unet pads its convolutions, so it has no valid scores; build it with padding=valid."
            )
        smallest, step = 2 * self.margin + 4, 2**self.depth
        for side in image.shape[-2:]:
            if side < smallest or (side - smallest) % step:
                raise SettingError(
                    f"A tile of this unet has sides of {smallest} pixels or a multiple of {step} more, but one is "
                    f"{side}."
                )
        return self._run(image)

    @property
    def margin(self) -> int:
        """By how many pixels the scores of a valid network are smaller than its input, on each side."""
        return 6 * (1 << self.depth) - 4

    def _run(self, image: Tensor) -> Tensor:
        x = 2 * image - 1
        skips: list[Tensor] = []
        for level, convolve in enumerate(self.down):
            x = convolve(x if level == 0 else self.pool(x))
            if level >= self.depth - 1:
                x = self.dropout(x)
            skips.append(x)
        for up, merge, skip in zip(self.up, self.merge, reversed(skips[:-1]), strict=True):
            x = up(x)
            x = merge(torch.cat([_middle(skip, x.shape[-2], x.shape[-1]), x], dim=1))
        scores: Tensor = self.head(x)
        return scores


def _refuse_other_words(padding: str, norm: str) -> None:
    if padding not in ("reflect", "valid"):
        raise unknown_name("padding of a unet", padding, ("reflect", "valid"))
    if norm not in ("auto", "batch", "none"):
        raise unknown_name("norm of a unet", norm, ("auto", "batch", "none"))


def _convolution(before: int, after: int, padding: Padding, is_normed: bool) -> list[nn.Module]:
    """Twice: a 3 × 3 convolution, a batch norm where there is one, and a ReLU."""
    layers: list[nn.Module] = []
    around = 1 if padding == "reflect" else 0
    for channels in (before, after):
        layers.append(nn.Conv2d(channels, after, 3, padding=around, padding_mode="reflect", bias=not is_normed))
        layers += [nn.BatchNorm2d(after)] if is_normed else []
        layers.append(nn.ReLU(inplace=True))
    return layers


def _initialise(network: nn.Module) -> None:
    """Weights from N(0, sqrt(2 / N)), N the incoming nodes of a neuron, and biases of zero."""
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
            is_up = isinstance(layer, nn.ConvTranspose2d)  # its kernel does not overlap with itself: one pixel comes in
            nodes = layer.in_channels * (1 if is_up else math.prod(layer.kernel_size))
            nn.init.normal_(layer.weight, std=math.sqrt(2 / nodes))
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)


def _middle(features: Tensor, height: int, width: int) -> Tensor:
    """The middle of `(B, C, H, W)` in the size of what it stands beside."""
    top, left = (features.shape[-2] - height) // 2, (features.shape[-1] - width) // 2
    return crop_to(features[..., top:, left:], height, width)


MODEL = ModelCard(
    build=UNet,
    summary="the network of 2015 with reflection padding and batch norm; padding=valid is the paper's",
    paper="U-Net: Convolutional Networks for Biomedical Image Segmentation, https://arxiv.org/abs/1505.04597",
    tasks=frozenset({"segmentation", "super_resolution", "restoration", "paired_translation", "unpaired_translation"}),
    encoder=None,
)
