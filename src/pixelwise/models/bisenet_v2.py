"""BiSeNet V2: a wide, shallow branch for detail and a narrow, deep one for meaning, each guided by the other.

Yu, Gao, Wang, Yu, Shen, Sang: "BiSeNet V2: Bilateral Network with Guided Aggregation for Real-time Semantic
Segmentation", IJCV 2021, https://arxiv.org/abs/2004.02147. Where the paper leaves a layer open, it is as in the
implementation that is most in use (CoinCheung/BiSeNet): a ReLU after the depthwise convolutions of the gather-and-
expansion layers, batch norm and a ReLU after the last convolutions of context embedding and of aggregation, 1024
channels in the head.

Differs from that implementation: the booster heads are the paper's, of two convolutions, and upsampling is bilinear
throughout.
Differs from both: in the context embedding, batch norm is computed before the mean over the image instead of after it.
In evaluation the two orders are the same function, with the same weights. In training the norm then sees every pixel
instead of one value per image: means of four images make poor statistics, and that of one image has none.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pixelwise.errors import SettingError
from pixelwise.models._base import ImageModel, ModelCard
from pixelwise.nn import conv_bn_relu, resize_bilinear

__all__ = ["MODEL", "BiSeNetV2"]

_MEAN, _STD = 0.45, 0.225  # of photographs, all channels alike
_EXPANSION = 6  # channels of the depthwise convolutions per channel of the layer
_DROPOUT = 0.1


class BiSeNetV2(ImageModel):
    """Detail branch, semantic branch, guided aggregation, head; made to be trained without pretrained weights.

    Four booster heads on the stages of the semantic branch serve the training only.

    Args:
        out_channels: Channels of the scores.
        in_channels: Channels of the image.
        width: Channels at the beginning of the detail branch, a multiple of 8; all other channels follow from it. The
            paper's network has 64, its large one 128 (and more layers).
        head_width: Channels of the head between its two convolutions.
        auxiliary_width: The same of each booster head.

    Raises:
        SettingError: If the width is no multiple of 8.
    """

    def __init__(
        self,
        out_channels: int,
        in_channels: int = 3,
        width: int = 64,
        head_width: int = 1024,
        auxiliary_width: int = 128,
    ) -> None:
        super().__init__()
        if width < 8 or width % 8:
            raise SettingError(
                f"The width of a bisenet_v2 is {width}, but the semantic branch begins with an eighth of it: give a "
                f"multiple of 8, such as 64."
            )
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.multiple_of = 32
        self.detail_branch = _detail_branch(in_channels, width)
        stages = (width // 4, width // 2, width, 2 * width)
        self.stem = _Stem(in_channels, stages[0])
        self.stages = nn.ModuleList(
            nn.Sequential(_Downsampling(before, after), *(_GatherAndExpansion(after) for _ in range(repeats)))
            for before, after, repeats in zip(stages[:-1], stages[1:], (1, 1, 3), strict=True)
        )
        self.context = _ContextEmbedding(stages[-1])
        self.aggregation = _GuidedAggregation(2 * width)
        self.head = _head(2 * width, head_width, out_channels)
        self.auxiliary_heads = nn.ModuleList(_head(channels, auxiliary_width, out_channels) for channels in stages)

    def scores(self, image: Tensor) -> Tensor:
        """Map `(B, in_channels, H, W)` to `(B, out_channels, H, W)`."""
        aggregated, _ = self._features(image)
        return resize_bilinear(self.head(aggregated), image.shape[-2:])

    def all_scores(self, image: Tensor) -> tuple[Tensor, ...]:
        """The scores, and those of the boosters at 1/4, 1/8, 1/16 and 1/32; each `(B, out_channels, H, W)`."""
        aggregated, semantic = self._features(image)
        auxiliary = (head(feature) for head, feature in zip(self.auxiliary_heads, semantic, strict=True))
        return tuple(resize_bilinear(scores, image.shape[-2:]) for scores in (self.head(aggregated), *auxiliary))

    def _features(self, image: Tensor) -> tuple[Tensor, list[Tensor]]:
        normalised = (image - _MEAN) / _STD
        semantic = [self.stem(normalised)]
        for stage in self.stages:
            semantic.append(stage(semantic[-1]))
        detail = self.detail_branch(normalised)  # (B, 2 * width, H / 8, W / 8)
        return self.aggregation(detail, self.context(semantic[-1])), semantic


def _detail_branch(in_channels: int, width: int) -> nn.Sequential:
    """Three stages of convolutions, each of which begins with a stride of 2."""
    wide = 2 * width
    layers = (
        *((in_channels, width, 2), (width, width, 1)),
        *((width, width, 2), (width, width, 1), (width, width, 1)),
        *((width, wide, 2), (wide, wide, 1), (wide, wide, 1)),
    )
    return nn.Sequential(*(conv_bn_relu(before, after, stride=stride) for before, after, stride in layers))


class _Stem(nn.Module):
    """To a quarter of the resolution, by a strided convolution beside a maximum."""

    def __init__(self, in_channels: int, channels: int) -> None:
        super().__init__()
        self.first = conv_bn_relu(in_channels, channels, stride=2)
        self.narrow = nn.Sequential(
            conv_bn_relu(channels, channels // 2, kernel_size=1), conv_bn_relu(channels // 2, channels, stride=2)
        )
        self.merge = conv_bn_relu(2 * channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        x = self.first(x)
        largest = F.max_pool2d(x, kernel_size=3, stride=2, padding=1)
        merged: Tensor = self.merge(torch.cat([self.narrow(x), largest], dim=1))
        return merged


class _GatherAndExpansion(nn.Module):
    """A residual block: 3 × 3 gathers, a depthwise 3 × 3 on six times the channels, 1 × 1 back."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        wide = _EXPANSION * channels
        self.residual = nn.Sequential(
            conv_bn_relu(channels, channels),
            conv_bn_relu(channels, wide, groups=channels),
            conv_bn_relu(wide, channels, kernel_size=1, activation=False),
        )

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.residual(x) + x)


class _Downsampling(nn.Module):
    """A gather-and-expansion layer of stride 2, with a separable convolution beside it."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        wide = _EXPANSION * in_channels
        self.residual = nn.Sequential(
            conv_bn_relu(in_channels, in_channels),
            conv_bn_relu(in_channels, wide, stride=2, groups=in_channels, activation=False),
            conv_bn_relu(wide, wide, groups=wide),
            conv_bn_relu(wide, out_channels, kernel_size=1, activation=False),
        )
        self.shortcut = nn.Sequential(
            conv_bn_relu(in_channels, in_channels, stride=2, groups=in_channels, activation=False),
            conv_bn_relu(in_channels, out_channels, kernel_size=1, activation=False),
        )

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.residual(x) + self.shortcut(x))


class _ContextEmbedding(nn.Module):
    """The mean of the image added to every pixel."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(channels)
        self.reduce = conv_bn_relu(channels, channels, kernel_size=1, activation=False)
        self.merge = conv_bn_relu(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        pooled = self.reduce(self.norm(x)).mean(dim=(2, 3), keepdim=True)
        merged: Tensor = self.merge(x + F.relu(pooled))
        return merged


class _GuidedAggregation(nn.Module):
    """Detail gated by meaning at 1/8, meaning gated by detail at 1/32, summed at 1/8."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.detail = _separable(channels)
        self.coarse_detail = nn.Sequential(
            conv_bn_relu(channels, channels, stride=2, activation=False),
            nn.AvgPool2d(kernel_size=3, stride=2, padding=1),
        )
        self.semantic = _separable(channels)
        self.fine_semantic = conv_bn_relu(channels, channels, activation=False)
        self.merge = conv_bn_relu(channels, channels)

    def forward(self, detail: Tensor, semantic: Tensor) -> Tensor:
        size = detail.shape[-2:]
        fine = self.detail(detail) * resize_bilinear(self.fine_semantic(semantic), size).sigmoid()
        coarse = self.coarse_detail(detail) * self.semantic(semantic).sigmoid()
        merged: Tensor = self.merge(fine + resize_bilinear(coarse, size))
        return merged


def _separable(channels: int) -> nn.Sequential:
    return nn.Sequential(
        conv_bn_relu(channels, channels, groups=channels, activation=False),
        nn.Conv2d(channels, channels, kernel_size=1, bias=False),
    )


def _head(in_channels: int, width: int, out_channels: int) -> nn.Sequential:
    return nn.Sequential(
        conv_bn_relu(in_channels, width), nn.Dropout(_DROPOUT), nn.Conv2d(width, out_channels, kernel_size=1)
    )


MODEL = ModelCard(
    build=BiSeNetV2,
    summary="BiSeNet V2: a branch for detail and one for meaning, four booster heads in training",
    paper="BiSeNet V2: Bilateral Network with Guided Aggregation, https://arxiv.org/abs/2004.02147",
    tasks=frozenset({"segmentation"}),
    encoder=None,
)
